#include "core/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "core/input_error.hpp"

namespace digon {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::size_t length_bytes = 8;

std::size_t size_of(StoredType type) {
  return type == StoredType::float32 ? 4 : 8;
}
const char* dtype_of(StoredType type) {
  return type == StoredType::float32 ? "F32" : "F64";
}

/// The product of a shape, or nothing where it overflows.
std::optional<std::size_t> element_count(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

template <typename Stored>
void append_as(std::string& bytes, const std::vector<double>& values) {
  for (const double value : values) {
    const Stored stored = static_cast<Stored>(value);
    bytes.append(reinterpret_cast<const char*>(&stored), sizeof stored);
  }
}

template <typename Stored>
std::vector<double> read_as(std::string_view bytes) {
  std::vector<double> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    values[i] = static_cast<double>(stored);
  }
  return values;
}

/// A tensor's place in the data, as the header claims it and checked against the data's size.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string tensor;
};

/// One header entry → an empty tensor of checked shape and type, and its checked extent.
std::pair<Tensor, Extent> parse_entry(const std::string& name, const json& entry, std::size_t data_size,
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
  Tensor tensor;
  const std::string dtype = entry["dtype"];
  if (dtype != "F32" && dtype != "F64") {
    reject("{}: tensor '{}' has dtype {}; accepted: F32, F64", source, name, dtype);
  }
  tensor.stored_as = dtype == "F32" ? StoredType::float32 : StoredType::float64;
  tensor.shape = entry["shape"].get<std::vector<std::size_t>>();

  const Extent extent{entry["data_offsets"][0], entry["data_offsets"][1], name};
  if (extent.begin > extent.end || extent.end > data_size) {
    reject("{}: tensor '{}' claims bytes {} to {} of {}", source, name, extent.begin, extent.end, data_size);
  }
  const std::optional<std::size_t> count = element_count(tensor.shape);
  std::size_t bytes = 0;
  if (!count || __builtin_mul_overflow(*count, size_of(tensor.stored_as), &bytes) ||
      bytes != extent.end - extent.begin) {
    reject("{}: tensor '{}' has a shape that does not fill its {} bytes", source, name,
           extent.end - extent.begin);
  }
  return {std::move(tensor), extent};
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

std::map<std::string, std::string> parse_metadata(const json& header, std::string_view source) {
  std::map<std::string, std::string> metadata;
  if (!header.contains("__metadata__")) return metadata;
  const json& entries = header["__metadata__"];
  if (!entries.is_object()) reject("{}: __metadata__ is not an object of strings", source);
  for (const auto& [key, value] : entries.items()) {
    if (!value.is_string()) reject("{}: metadata '{}' is not a string", source, key);
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Nesting a valid header never needs; refused before the JSON parser recurses into it.
constexpr int deepest_header = 8;

json parse_header(std::string_view text, std::string_view source) {
  const auto too_deep = [](int depth, json::parse_event_t, json&) {
    if (depth > deepest_header) throw std::length_error("nested too deeply");
    return true;
  };
  json header;
  try {
    header = json::parse(text, too_deep);
  } catch (const std::exception&) {
    reject("{}: the safetensors header is not valid JSON", source);
  }
  if (!header.is_object()) reject("{}: the safetensors header is not a JSON object", source);
  return header;
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
    if (tensor.stored_as == StoredType::float32) {
      append_as<float>(data, tensor.values);
    } else {
      append_as<double>(data, tensor.values);
    }
    header[name] = {{"dtype", dtype_of(tensor.stored_as)},
                    {"shape", tensor.shape},
                    {"data_offsets", {begin, data.size()}}};
  }
  // Spaces after the JSON align the data to 8 bytes, as the reference writer does.
  std::string text = header.dump();
  text.append((length_bytes - text.size() % length_bytes) % length_bytes, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(reinterpret_cast<const char*>(&length), length_bytes);
  return bytes + text + data;
}

Safetensors parse_safetensors(std::string_view bytes, std::string_view source) {
  if (bytes.size() < length_bytes) {
    reject("{}: {} bytes are too few for a safetensors file", source, bytes.size());
  }
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, bytes.data(), length_bytes);
  if (header_length > bytes.size() - length_bytes) {
    reject("{}: the safetensors header claims {} bytes, the file has {}", source, header_length,
           bytes.size() - length_bytes);
  }
  const json header = parse_header(bytes.substr(length_bytes, header_length), source);
  const std::string_view data = bytes.substr(length_bytes + header_length);

  Safetensors file;
  file.metadata = parse_metadata(header, source);
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    auto [tensor, extent] = parse_entry(name, entry, data.size(), source);
    extents.push_back(std::move(extent));
    file.tensors.emplace(name, std::move(tensor));
  }
  // Before any value is read: overlapping tensors could ask for far more memory than the file has.
  require_exact_cover(extents, data.size(), source);
  for (const Extent& extent : extents) {
    Tensor& tensor = file.tensors.at(extent.tensor);
    const std::string_view raw = data.substr(extent.begin, extent.end - extent.begin);
    tensor.values = tensor.stored_as == StoredType::float32 ? read_as<float>(raw) : read_as<double>(raw);
  }
  return file;
}

}  // namespace digon
