#include "core/files/tensor.hpp"

#include <bit>
#include <cstring>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors in files are little-endian");

template <typename Stored, typename Value>
void convert(const char* bytes, std::size_t count, Value* out) {
  for (std::size_t i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, bytes + i * sizeof stored, sizeof stored);
    out[i] = static_cast<Value>(stored);
  }
}

template <typename Value>
void convert(StoredType type, const char* bytes, std::size_t count, Value* out) {
  switch (type) {
    case StoredType::float16:
      return convert<Eigen::half>(bytes, count, out);
    case StoredType::bfloat16:
      return convert<Eigen::bfloat16>(bytes, count, out);
    case StoredType::float32:
      return convert<float>(bytes, count, out);
    case StoredType::float64:
      return convert<double>(bytes, count, out);
  }
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

std::size_t TensorView::size() const {
  return element_count(shape).value_or(0);
}

Tensor read_tensor(const TensorView& view, std::string_view source, std::string_view name) {
  if (!view.type) {
    reject("{}: tensor '{}' has dtype {}; accepted: real numbers of 16, 32 or 64 bits (F16, BF16, F32, F64)",
           source, name, view.dtype);
  }
  Tensor tensor{view.shape, std::vector<double>(view.size()), *view.type};
  convert(*view.type, view.bytes.data(), tensor.values.size(), tensor.values.data());
  return tensor;
}

void read_floats(const TensorView& view, std::size_t begin, Eigen::Ref<Eigen::VectorXf> out) {
  const StoredType type = view.type.value();
  convert(type, view.bytes.data() + begin * size_of(type), std::size_t(out.size()), out.data());
}

}  // namespace digon
