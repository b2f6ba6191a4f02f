#include "core/files/tensor.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors in files are little-endian");

template <typename Stored, typename Value>
void convert(const char* bytes, std::size_t count, bool big_endian, Value* out) {
  for (std::size_t i = 0; i < count; ++i) {
    std::array<char, sizeof(Stored)> stored;
    std::memcpy(stored.data(), bytes + i * sizeof stored, sizeof stored);
    if (big_endian) std::reverse(stored.begin(), stored.end());
    out[i] = static_cast<Value>(std::bit_cast<Stored>(stored));
  }
}

/// The numbers [begin, begin + count) as they are stored.
template <typename Value>
void convert(const TensorView& view, std::size_t begin, std::size_t count, Value* out) {
  const char* bytes = view.bytes.data() + begin * size_of(view.type.value());
  switch (*view.type) {
    case StoredType::float16:
      return convert<Eigen::half>(bytes, count, view.big_endian, out);
    case StoredType::bfloat16:
      return convert<Eigen::bfloat16>(bytes, count, view.big_endian, out);
    case StoredType::float32:
      return convert<float>(bytes, count, view.big_endian, out);
    case StoredType::float64:
      return convert<double>(bytes, count, view.big_endian, out);
  }
}

/// Entry (i, j, …) of an array in Fortran order is entry (…, j, i) of what is stored.
std::vector<double> to_row_major(const std::vector<double>& stored, const std::vector<std::size_t>& shape) {
  std::vector<double> values(stored.size());
  for (std::size_t k = 0; k < stored.size(); ++k) {
    std::size_t rest = k;
    std::size_t target = 0;
    std::size_t stride = stored.size();
    for (const std::size_t extent : shape) {
      stride /= extent;
      target += rest % extent * stride;
      rest /= extent;
    }
    values[target] = stored[k];
  }
  return values;
}

}  // namespace

std::size_t size_of(StoredType type) {
  switch (type) {
    case StoredType::float16:
    case StoredType::bfloat16:
      return 2;
    case StoredType::float32:
      return 4;
    case StoredType::float64:
      break;
  }
  return 8;
}

std::optional<std::size_t> element_count(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

std::string text_of_shape(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t extent : shape) text += fmt::format("{}{}", text.empty() ? "" : ", ", extent);
  return "[" + text + "]";
}

std::size_t TensorView::size() const {
  return element_count(shape).value_or(0);
}

Tensor read_tensor(const TensorView& view, std::string_view source, std::string_view name) {
  if (!view.type) {
    reject("{}: tensor '{}' has dtype {}; accepted: real numbers of 16, 32 or 64 bits (F16, BF16, F32, F64)",
           source, name, view.dtype);
  }
  Tensor tensor{view.shape, std::vector<double>(view.size()), *view.type};
  convert(view, 0, tensor.values.size(), tensor.values.data());
  if (view.fortran_order) tensor.values = to_row_major(tensor.values, view.shape);
  return tensor;
}

void read_floats(const TensorView& view, std::size_t begin, Eigen::Ref<Eigen::VectorXf> out) {
  convert(view, begin, std::size_t(out.size()), out.data());
}

}  // namespace digon
