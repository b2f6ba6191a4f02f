// NumPy's .npz and .npy files as users bring them: whatever the bytes are, they are read or refused.
#include <cstddef>
#include <cstdint>

#include "core/files/model_file.hpp"
#include "core/files/npy.hpp"
#include "fuzz/read_or_refuse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] { digon::parse_npz(bytes, "input"); });
  digon::read_or_refuse([&] { digon::read_npy(bytes, "input"); });
  digon::read_or_refuse([&] { digon::parse_models(bytes, "input", digon::WeightLayout::hidden_first); });
  return 0;
}
