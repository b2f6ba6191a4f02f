#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>

namespace digon {

/// The law of the synthetic features and how much each one matters.
///
/// Feature i is x_i = 0 with probability S_i (its sparsity), otherwise uniform on [0, 1]; features are
/// independent. Importance I_i multiplies feature i's squared error. elhage2022 §2.
///
/// The density p_i = 1 − S_i is what is stored: near S = 1 it keeps digits that S would lose.
struct FeatureDistribution {
  Eigen::VectorXd density;     ///< p_i [n], each in [0, 1]
  Eigen::VectorXd importance;  ///< I_i [n], each ≥ 0 and finite

  [[nodiscard]] Eigen::Index features() const { return density.size(); }
  [[nodiscard]] Eigen::VectorXd sparsity() const { return 1.0 - density.array(); }

  /// Whether every feature has the same density, as the paper assumes unless it says otherwise.
  [[nodiscard]] bool has_uniform_density() const;
};

/// n features of one density and importance 1.
FeatureDistribution uniform_features(Eigen::Index n, double density);

/// Throws InputError unless lengths agree, n ≥ 1, p_i ∈ [0, 1] and I_i ≥ 0 are finite.
void validate(const FeatureDistribution& features);

/// One number per feature from its short form: a constant "1", a power "0.9^i" (i = 0…n−1), or a list of n
/// numbers "1,0.5,0.25". `name` is the option named in an InputError.
Eigen::VectorXd parse_feature_profile(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of an importance: every I_i ≥ 0.
Eigen::VectorXd parse_importance(std::string_view name, std::string_view text, Eigen::Index n);

/// parse_feature_profile of a probability (a density or a sparsity): every value in [0, 1].
Eigen::VectorXd parse_probability(std::string_view name, std::string_view text, Eigen::Index n);

}  // namespace digon
