#pragma once

#include <Eigen/Core>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace digon {

// JSON is parsed and printed here alone: either takes a second to compile wherever it is done.

/// The value of a JSON text of up to 64 levels. Throws InputError where it is not one: `what` was read, as in
/// "run.json is not valid JSON".
nlohmann::json parse_json(std::string_view text, std::string_view what);

/// The text of a value, in lines where `indent` is not negative; each double reads back the same.
std::string dump_json(const nlohmann::json& value, int indent = -1);

/// A vector as an array.
nlohmann::json to_json(const Eigen::VectorXd& values);

}  // namespace digon
