// Safetensors files as users bring them: whatever the bytes are, they are read or refused.
#include <cstddef>
#include <cstdint>

#include "core/files/model_file.hpp"
#include "core/files/safetensors.hpp"
#include "fuzz/read_or_refuse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] { digon::parse_safetensors(bytes, "input"); });
  for (const auto layout : {digon::WeightLayout::inferred, digon::WeightLayout::features_first}) {
    digon::read_or_refuse([&] { digon::parse_models(bytes, "input", {layout}); });
  }
  return 0;
}
