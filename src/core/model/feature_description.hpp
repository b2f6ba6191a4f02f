#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/model/feature_distribution.hpp"

namespace digon {

/// The whole law as JSON: density, importance, values, sets, the number active and the file of the data.
nlohmann::json to_json(const FeatureDistribution& features);

/// Reads what to_json wrote. Throws InputError naming `source`, or nlohmann::json::exception.
FeatureDistribution features_from_json(const nlohmann::json& described, const std::string& source);

/// Numbers of features in the form options take, to four digits: "0.1" where all are the same, "0.7^i", or
/// "(1, 0.5, 0.3)".
std::string describe_profile(const Eigen::VectorXd& values);

}  // namespace digon
