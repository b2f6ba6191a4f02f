// NumPy's .npz and .npy files as users bring them: whatever the bytes are, they are read or refused.
#include <cstddef>
#include <cstdint>

#include "core/files/model_file.hpp"
#include "core/files/tensor_file.hpp"
#include "fuzz/read_or_refuse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] {
    const digon::TensorFile file(bytes, "input");
    for (const auto& [name, view] : file.tensors()) digon::read_or_refuse([&] { file.read(name); });
  });
  digon::read_or_refuse([&] { digon::parse_models(bytes, "input", {digon::WeightLayout::hidden_first}); });
  return 0;
}
