#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// The law of a feature's value while it is active. A hexagon's best norm is 1.3205 for uniform values and
/// 1.4142 for binary ones: a result is worth nothing without it.
///
/// Uniform on [least, greatest], or the constant that both are.
struct ActiveValue {
  double least = 0.0;
  double greatest = 1.0;

  static const ActiveValue uniform;         ///< on [0, 1], elhage2022 §2
  static const ActiveValue signed_uniform;  ///< on [−1, 1], as for the absolute value models, elhage2022 §7
  static const ActiveValue binary;          ///< always 1

  [[nodiscard]] constexpr bool is_constant() const { return least == greatest; }
  constexpr bool operator==(const ActiveValue&) const = default;
};
inline constexpr ActiveValue ActiveValue::uniform{0.0, 1.0};
inline constexpr ActiveValue ActiveValue::signed_uniform{-1.0, 1.0};
inline constexpr ActiveValue ActiveValue::binary{1.0, 1.0};

/// How the features of a set depend on one another. elhage2022 §4.
enum class SetRelation {
  correlated,      ///< all on or all off together; the values are independent
  anticorrelated,  ///< at most one on at a time
};

/// Features that are not independent; features of different sets are, and those of none are of all.
struct FeatureSet {
  SetRelation relation = SetRelation::correlated;
  std::vector<Eigen::Index> members;
  /// ρ of a correlated set: with this probability its members are on or off together, else they are
  /// independent. It is the correlation of whether two of them are on.
  double correlation = 1.0;
};

/// Feature vectors that are given, not drawn: their law is what a sample chosen evenly from them has.
struct FeatureData {
  Eigen::MatrixXd x;   ///< [n×T], a column a sample; empty where only `source` is known yet
  std::string source;  ///< the file they are from
};

/// The law of the synthetic features and how much each one matters.
///
/// Feature i is x_i = 0 with probability S_i (its sparsity), otherwise it has a value of law `values`.
/// Features are independent but for those of a set, or unless a number of them is active, or the law is that
/// of a data set. Importance I_i multiplies feature i's squared error. elhage2022 §2.
///
/// The density p_i = 1 − S_i is what is stored: near S = 1 it keeps digits that S would lose.
struct FeatureDistribution {
  Eigen::VectorXd density;     ///< p_i [n], each in [0, 1]
  Eigen::VectorXd importance;  ///< I_i [n], each ≥ 0 and finite
  ActiveValue values = ActiveValue::uniform;
  std::vector<FeatureSet> sets = {};  ///< disjoint
  /// K, where exactly K features are active, chosen evenly: then p_i = K/n, and the loss is L̄_K.
  std::optional<Eigen::Index> active = {};
  std::shared_ptr<const FeatureData> data =
      {};  ///< or none; with it p_i is the share of samples with x_i ≠ 0

  [[nodiscard]] Eigen::Index features() const { return density.size(); }
  [[nodiscard]] Eigen::VectorXd sparsity() const { return 1.0 - density.array(); }

  /// Whether every feature has the same density, as the paper assumes unless it says otherwise.
  [[nodiscard]] bool has_uniform_density() const;

  /// Whether features are independent, as the paper assumes unless it says otherwise.
  [[nodiscard]] bool are_independent() const { return sets.empty() && !active && !data; }
};

/// n features of one density and importance 1.
FeatureDistribution uniform_features(Eigen::Index n, double density);

/// The features with exactly K of them active. Throws InputError unless 0 ≤ K ≤ n and there are no sets.
FeatureDistribution with_active(FeatureDistribution features, Eigen::Index K);

/// The features with the law of a data set of as many; its densities are counted. Throws InputError where it
/// has another n, no sample, or a number that is not finite.
FeatureDistribution with_data(FeatureDistribution features, std::shared_ptr<const FeatureData> data);

/// Throws InputError unless lengths agree, n ≥ 1, p_i ∈ [0, 1] and I_i ≥ 0 are finite, sets are disjoint, a
/// correlated set is of one density and the densities of an anti-correlated set sum to at most 1, exactly K
/// active have p_i = K/n and no sets, and data are finite, of that n, and come without either.
void validate(const FeatureDistribution& features);

/// One number per feature from its short form: a constant "1", a power "0.9^i" (i = 0…n−1), or a list of n
/// numbers "1,0.5,0.25". `name` is the option named in an InputError.
Eigen::VectorXd parse_feature_profile(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of an importance: every I_i ≥ 0.
Eigen::VectorXd parse_importance(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of a probability (a density or a sparsity): every value in [0, 1].
Eigen::VectorXd parse_probability(std::string_view name, std::string_view text, Eigen::Index n);

/// "uniform", "signed", "binary", "uniform:LO:HI" or "constant:C".
std::string name_of(const ActiveValue& values);

/// The law of that name; throws InputError that lists the forms.
ActiveValue parse_active_value(std::string_view option, std::string_view text);

/// Sets as "0,1/2,3": members separated by commas, sets by slashes; or "K" for all n features in sets of K
/// consecutive ones. Correlated sets may end on ":RHO", their correlation. Throws InputError.
std::vector<FeatureSet> parse_sets(std::string_view option, std::string_view text, SetRelation relation,
                                   Eigen::Index n);

/// "uniform [0, 1]", "binary {0, 1}", "constant 2".
std::string describe_values(const ActiveValue& values);

/// What distinguishes the law from independent, uniform values, for tables and captions: "uniform [0, 1],
/// independent" where nothing does.
std::string describe_law(const FeatureDistribution& features);

}  // namespace digon
