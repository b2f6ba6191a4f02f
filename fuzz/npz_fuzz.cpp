// NumPy's .npz and .npy files as users bring them: whatever the bytes are, they are read or refused.
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "core/files/model_file.hpp"
#include "core/files/npy.hpp"
#include "core/files/tensor_file.hpp"
#include "fuzz/read_or_refuse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] {
    const digon::TensorFile file(bytes, "input");
    for (const auto& tensor : file.tensors()) {
      digon::read_or_refuse([&] { std::ignore = file.read(tensor.first); });
    }
  });
  // The same bytes as the header of a .npy file.
  const std::string header = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(size & 0xff) +
                             static_cast<char>(size >> 8 & 0xff) + std::string(bytes.substr(0, 0xffff));
  digon::read_or_refuse([&] { digon::parse_npy_header(header, "input"); });
  digon::read_or_refuse([&] { digon::parse_models(bytes, "input", {digon::WeightLayout::hidden_first}); });
  return 0;
}
