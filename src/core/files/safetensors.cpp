#include "core/files/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr std::size_t length_bytes = 8;

/// What the format calls a type, and the bytes of one number: those of other types are passed over.
struct Dtype {
  std::string_view name;
  std::size_t bytes;
  std::optional<StoredType> type;
};
constexpr std::array dtypes{Dtype{"F16", 2, StoredType::float16},
                            Dtype{"BF16", 2, StoredType::bfloat16},
                            Dtype{"F32", 4, StoredType::float32},
                            Dtype{"F64", 8, StoredType::float64},
                            Dtype{"BOOL", 1, {}},
                            Dtype{"U8", 1, {}},
                            Dtype{"I8", 1, {}},
                            Dtype{"F8_E4M3", 1, {}},
                            Dtype{"F8_E5M2", 1, {}},
                            Dtype{"U16", 2, {}},
                            Dtype{"I16", 2, {}},
                            Dtype{"U32", 4, {}},
                            Dtype{"I32", 4, {}},
                            Dtype{"U64", 8, {}},
                            Dtype{"I64", 8, {}}};

std::string_view name_of(StoredType type) {
  return std::find_if(dtypes.begin(), dtypes.end(), [&](const Dtype& one) { return one.type == type; })->name;
}

template <typename Stored>
void append_as(std::string& bytes, const std::vector<double>& values) {
  for (const double value : values) {
    const Stored stored = static_cast<Stored>(value);
    bytes.append(reinterpret_cast<const char*>(&stored), sizeof stored);
  }
}

/// A tensor's place in the data, as the header claims it and checked against the data's size.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string tensor;
};

/// One header entry → its checked extent and the tensor in it.
std::pair<TensorView, Extent> parse_entry(const std::string& name, const json& entry, std::string_view data,
                                          std::string_view source) {
  const auto is_size = [](const json& value) { return value.is_number_unsigned(); };
  const auto is_sizes = [&](const json& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(), is_size);
  };
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
      !entry.contains("shape") || !is_sizes(entry["shape"]) || !entry.contains("data_offsets") ||
      !is_sizes(entry["data_offsets"]) || entry["data_offsets"].size() != 2) {
    reject("{}: tensor '{}' lacks a dtype, shape or data_offsets of the right form", source, name);
  }
  TensorView view{entry["shape"].get<std::vector<std::size_t>>(), entry["dtype"], {}, {}};
  const Extent extent{entry["data_offsets"][0], entry["data_offsets"][1], name};
  if (extent.begin > extent.end || extent.end > data.size()) {
    reject("{}: tensor '{}' claims bytes {} to {} of {}", source, name, extent.begin, extent.end,
           data.size());
  }
  view.bytes = data.substr(extent.begin, extent.end - extent.begin);
  const auto dtype =
      std::find_if(dtypes.begin(), dtypes.end(), [&](const Dtype& one) { return one.name == view.dtype; });
  if (dtype == dtypes.end()) return {std::move(view), extent};  // newer than this table
  view.type = dtype->type;
  const std::optional<std::size_t> count = element_count(view.shape);
  std::size_t bytes = 0;
  if (!count || __builtin_mul_overflow(*count, dtype->bytes, &bytes) || bytes != view.bytes.size()) {
    reject("{}: tensor '{}' has a shape that does not fill its {} bytes", source, name, view.bytes.size());
  }
  return {std::move(view), extent};
}

/// The format's own rule: the tensors cover the data without gap or overlap.
void require_exact_cover(std::vector<Extent> extents, std::size_t data_size, std::string_view source) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::size_t covered = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != covered) {
      reject("{}: tensor '{}' {} the one before it", source, extent.tensor,
             extent.begin < covered ? "overlaps" : "leaves a gap after");
    }
    covered = extent.end;
  }
  if (covered != data_size) reject("{}: {} bytes of data belong to no tensor", source, data_size - covered);
}

std::map<std::string, std::string> parse_metadata(const json& entries, std::string_view source) {
  std::map<std::string, std::string> metadata;
  if (entries.is_null()) return metadata;
  if (!entries.is_object()) reject("{}: __metadata__ is not an object of strings", source);
  for (const auto& [key, value] : entries.items()) {
    if (!value.is_string()) reject("{}: metadata '{}' is not a string", source, key);
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

}  // namespace

std::string serialize(const Safetensors& file) {
  json header = json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::string data;
  for (const auto& [name, tensor] : file.tensors) {
    if (element_count(tensor.shape) != tensor.values.size()) {
      throw std::logic_error("safetensors: the shape of '" + name + "' does not match its values");
    }
    const std::size_t begin = data.size();
    switch (tensor.stored_as) {
      case StoredType::float16:
        append_as<Eigen::half>(data, tensor.values);
        break;
      case StoredType::bfloat16:
        append_as<Eigen::bfloat16>(data, tensor.values);
        break;
      case StoredType::float32:
        append_as<float>(data, tensor.values);
        break;
      case StoredType::float64:
        append_as<double>(data, tensor.values);
        break;
    }
    header[name] = {{"dtype", name_of(tensor.stored_as)},
                    {"shape", tensor.shape},
                    {"data_offsets", {begin, data.size()}}};
  }
  // Spaces after the JSON align the data to 8 bytes, as the reference writer does.
  std::string text = dump_json(header);
  text.append((length_bytes - text.size() % length_bytes) % length_bytes, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(reinterpret_cast<const char*>(&length), length_bytes);
  return bytes + text + data;
}

SafetensorsIndex index_safetensors(std::string_view bytes, std::string_view source) {
  if (bytes.size() < length_bytes) {
    reject("{}: {} bytes are too few for a safetensors file", source, bytes.size());
  }
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, bytes.data(), length_bytes);
  if (header_length > bytes.size() - length_bytes) {
    reject("{}: the safetensors header claims {} bytes, the file has {}", source, header_length,
           bytes.size() - length_bytes);
  }
  const std::string_view data = bytes.substr(length_bytes + header_length);

  SafetensorsIndex index;
  std::vector<Extent> extents;
  bool has_metadata = false;
  const auto add = [&](const std::string& name, const json& entry) {
    const bool is_metadata = name == "__metadata__";
    if (is_metadata ? has_metadata : index.tensors.contains(name)) {
      reject("{}: '{}' is in the safetensors header twice", source, name);
    }
    if (is_metadata) {
      has_metadata = true;
      index.metadata = parse_metadata(entry, source);
      return;
    }
    auto [view, extent] = parse_entry(name, entry, data, source);
    extents.push_back(std::move(extent));
    index.tensors.emplace(name, std::move(view));
  };
  visit_members(bytes.substr(length_bytes, header_length), std::string(source) + ": the safetensors header",
                add);
  // Overlapping tensors could ask for far more memory than the file has.
  require_exact_cover(std::move(extents), data.size(), source);
  return index;
}

Safetensors parse_safetensors(std::string_view bytes, std::string_view source) {
  SafetensorsIndex index = index_safetensors(bytes, source);
  Safetensors file;
  file.metadata = std::move(index.metadata);
  for (const auto& [name, view] : index.tensors) file.tensors.emplace(name, read_tensor(view, source, name));
  return file;
}

}  // namespace digon
