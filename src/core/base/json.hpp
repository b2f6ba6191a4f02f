#pragma once

#include <Eigen/Core>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace digon {

// JSON is parsed and printed here alone: either takes a second to compile wherever it is done.

/// The value of a JSON text of up to 64 levels, in time linear in its length. Throws InputError where it is
/// not one, or an object has a key twice: `what` was read, as in "run.json is not valid JSON".
nlohmann::json parse_json(std::string_view text, std::string_view what);

/// The same of an object whose members are handed over one by one and not kept: there may be millions of
/// them. Keys of the object itself may come twice. Throws InputError as parse_json does, also where it is no
/// object, and what `visit` throws.
void visit_members(std::string_view text, std::string_view what,
                   const std::function<void(const std::string& key, const nlohmann::json& value)>& visit);

/// The text of a value, in lines where `indent` is not negative; each double reads back the same.
std::string dump_json(const nlohmann::json& value, int indent = -1);

/// A vector as an array.
nlohmann::json to_json(const Eigen::VectorXd& values);

}  // namespace digon
