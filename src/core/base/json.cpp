#include "core/base/json.hpp"

#include <stdexcept>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {

using nlohmann::json;

json parse_json(std::string_view text, std::string_view what) {
  // Deeper ones would be copied and printed by recursion that deep.
  constexpr int deepest = 64;
  const auto check_depth = [](int depth, json::parse_event_t, json&) {
    if (depth > deepest) throw std::length_error("nested too deeply");
    return true;
  };
  try {
    return json::parse(text, check_depth);
  } catch (const std::exception&) {
    reject("{} is not valid JSON", what);
  }
}

std::string dump_json(const json& value, int indent) {
  return value.dump(indent);
}

json to_json(const Eigen::VectorXd& values) {
  return std::vector<double>(values.data(), values.data() + values.size());
}

}  // namespace digon
