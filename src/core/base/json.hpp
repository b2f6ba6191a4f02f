#pragma once

#include <Eigen/Core>
#include <nlohmann/json.hpp>
#include <vector>

namespace digon {

/// A vector as a JSON array, each double written so that it reads back the same.
inline nlohmann::json to_json(const Eigen::VectorXd& values) {
  return std::vector<double>(values.data(), values.data() + values.size());
}

}  // namespace digon
