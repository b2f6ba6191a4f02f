// What a run store, a checkpoint and a run's record hold as JSON: whatever the bytes are, they are read or
// refused.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/base/json.hpp"
#include "core/model/feature_description.hpp"
#include "core/model/feature_distribution.hpp"
#include "fuzz/read_or_refuse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] {
    const nlohmann::json value = digon::parse_json(text, "input");
    if (digon::parse_json(digon::dump_json(value), "printed") != value) __builtin_trap();
    try {
      digon::validate(digon::features_from_json(value, "input"));
    } catch (const nlohmann::json::exception&) {  // which those who call it turn into a refusal
    }
  });
  digon::read_or_refuse([&] { digon::visit_members(text, "input", [](const auto&, const auto&) {}); });
  return 0;
}
