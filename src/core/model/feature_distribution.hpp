#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// The law of a feature's value while it is active. A hexagon's best norm is 1.3205 for uniform values and
/// 1.4142 for binary ones: a result is worth nothing without it.
enum class ActiveValue {
  uniform,         ///< uniform on [0, 1], elhage2022 §2
  signed_uniform,  ///< uniform on [−1, 1], as for the absolute value models, elhage2022 §7
  binary,          ///< always 1
};

/// How the features of a set depend on one another. elhage2022 §4.
enum class SetRelation {
  correlated,      ///< all on or all off together; the values are independent
  anticorrelated,  ///< at most one on at a time
};

/// Features that are not independent; features of different sets are, and those of none are of all.
struct FeatureSet {
  SetRelation relation = SetRelation::correlated;
  std::vector<Eigen::Index> members;
};

/// The law of the synthetic features and how much each one matters.
///
/// Feature i is x_i = 0 with probability S_i (its sparsity), otherwise it has a value of law `values`.
/// Features are independent but for those of a set. Importance I_i multiplies feature i's squared error.
/// elhage2022 §2.
///
/// The density p_i = 1 − S_i is what is stored: near S = 1 it keeps digits that S would lose.
struct FeatureDistribution {
  Eigen::VectorXd density;     ///< p_i [n], each in [0, 1]
  Eigen::VectorXd importance;  ///< I_i [n], each ≥ 0 and finite
  ActiveValue values = ActiveValue::uniform;
  std::vector<FeatureSet> sets = {};  ///< disjoint

  [[nodiscard]] Eigen::Index features() const { return density.size(); }
  [[nodiscard]] Eigen::VectorXd sparsity() const { return 1.0 - density.array(); }

  /// Whether every feature has the same density, as the paper assumes unless it says otherwise.
  [[nodiscard]] bool has_uniform_density() const;
};

/// n features of one density and importance 1.
FeatureDistribution uniform_features(Eigen::Index n, double density);

/// Throws InputError unless lengths agree, n ≥ 1, p_i ∈ [0, 1] and I_i ≥ 0 are finite, sets are disjoint, a
/// correlated set is of one density and the densities of an anti-correlated set sum to at most 1.
void validate(const FeatureDistribution& features);

/// One number per feature from its short form: a constant "1", a power "0.9^i" (i = 0…n−1), or a list of n
/// numbers "1,0.5,0.25". `name` is the option named in an InputError.
Eigen::VectorXd parse_feature_profile(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of an importance: every I_i ≥ 0.
Eigen::VectorXd parse_importance(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of a probability (a density or a sparsity): every value in [0, 1].
Eigen::VectorXd parse_probability(std::string_view name, std::string_view text, Eigen::Index n);

/// "uniform", "signed" or "binary".
std::string_view name_of(ActiveValue values);

/// The law of that name; throws InputError that lists the names.
ActiveValue parse_active_value(std::string_view option, std::string_view text);

/// Sets as "0,1/2,3": members separated by commas, sets by slashes; or "K" for all n features in sets of K
/// consecutive ones. Throws InputError.
std::vector<FeatureSet> parse_sets(std::string_view option, std::string_view text, SetRelation relation,
                                   Eigen::Index n);

/// What distinguishes the law from independent, uniform values, for tables and captions: "uniform [0, 1],
/// independent" where nothing does.
std::string describe_law(const FeatureDistribution& features);

}  // namespace digon
