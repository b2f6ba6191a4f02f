#include "core/files/npy.hpp"

#include <zip.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The text after 'key': in the header, a Python dict literal as numpy.save writes it.
std::string_view value_of(std::string_view header, std::string_view key, std::string_view source) {
  const std::size_t at = header.find("'" + std::string(key) + "':");
  if (at == std::string_view::npos) reject("{}: the .npy header has no '{}'", source, key);
  std::string_view rest = header.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

std::vector<std::size_t> parse_shape(std::string_view text, std::string_view source) {
  const std::size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) {
    reject("{}: the shape in the .npy header is not a tuple", source);
  }
  std::vector<std::size_t> shape;
  for (text = text.substr(1, end - 1); !text.empty();) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    if (word.empty() && text.empty()) break;  // "(3,)"
    std::size_t extent = 0;
    const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), extent);
    if (error != std::errc{} || last != word.data() + word.size()) {
      reject("{}: '{}' in the .npy header is not the length of an axis", source, word);
    }
    shape.push_back(extent);
  }
  return shape;
}

std::optional<StoredType> type_of(std::string_view descr) {
  if (descr == "<f2") return StoredType::float16;
  if (descr == "<f4") return StoredType::float32;
  if (descr == "<f8") return StoredType::float64;
  return std::nullopt;
}

/// The header's text and the data after it.
std::pair<std::string_view, std::string_view> split(std::string_view bytes, std::string_view source) {
  if (bytes.size() < magic.size() + 4 || bytes.substr(0, magic.size()) != magic) {
    reject("{}: is not a .npy file: it does not begin with \\x93NUMPY", source);
  }
  const int version = static_cast<unsigned char>(bytes[magic.size()]);
  if (version < 1 || version > 3) reject("{}: .npy version {}; accepted: 1 to 3", source, version);
  const std::size_t width = version == 1 ? 2 : 4;
  const std::size_t begin = magic.size() + 2 + width;
  std::uint32_t length = 0;
  if (bytes.size() >= begin) std::memcpy(&length, bytes.data() + begin - width, width);
  if (bytes.size() < begin || length > bytes.size() - begin) {
    reject("{}: the .npy header is longer than the file", source);
  }
  return {bytes.substr(begin, length), bytes.substr(begin + length)};
}

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

/// Deflate never makes more than 1032 bytes of one.
constexpr std::uint64_t greatest_inflation = 1032;

std::string read_entry(zip_t* archive, std::uint64_t index, const zip_stat_t& entry,
                       std::string_view source) {
  if (entry.size / greatest_inflation > entry.comp_size) {
    reject("{}: '{}' claims {} bytes in {} compressed ones", source, entry.name, entry.size, entry.comp_size);
  }
  std::string bytes(entry.size, '\0');
  const std::unique_ptr<zip_file_t, CloseEntry> file(zip_fopen_index(archive, index, 0));
  if (!file || zip_fread(file.get(), bytes.data(), bytes.size()) != zip_int64_t(bytes.size())) {
    reject("{}: '{}' is damaged", source, entry.name);
  }
  return bytes;
}

}  // namespace

NpyArray parse_npy(std::string_view bytes, std::string_view source) {
  const auto [header, data] = split(bytes, source);
  const std::string_view descr = value_of(header, "descr", source);
  NpyArray array;
  if (descr.size() < 2 || descr[0] != '\'')
    reject("{}: the array has named fields; accepted: numbers", source);
  array.view.dtype = descr.substr(1, descr.find('\'', 1) - 1);
  array.view.type = type_of(array.view.dtype);
  array.view.shape = parse_shape(value_of(header, "shape", source), source);
  array.transposed = value_of(header, "fortran_order", source).starts_with("True");
  if (array.transposed) std::reverse(array.view.shape.begin(), array.view.shape.end());
  array.view.bytes = data;
  if (!array.view.type) {
    reject("{}: the array is of type '{}'; accepted: <f2, <f4, <f8", source, array.view.dtype);
  }
  const std::optional<std::size_t> count = element_count(array.view.shape);
  if (!count || *count != data.size() / size_of(*array.view.type) ||
      data.size() % size_of(*array.view.type) != 0) {
    reject("{}: the array's shape does not fill its {} bytes", source, data.size());
  }
  return array;
}

Tensor read_npy(std::string_view bytes, std::string_view source) {
  const NpyArray array = parse_npy(bytes, source);
  Tensor stored = read_tensor(array.view, source, "array");
  if (!array.transposed) return stored;
  // Entry (i, j, …) of the array is entry (…, j, i) of what is stored.
  Tensor tensor = stored;
  std::reverse(tensor.shape.begin(), tensor.shape.end());
  for (std::size_t k = 0; k < stored.values.size(); ++k) {
    std::size_t rest = k;
    std::size_t target = 0;
    std::size_t stride = 1;
    for (const std::size_t extent : stored.shape) stride *= extent;
    for (std::size_t axis = stored.shape.size(); axis-- > 0;) {
      stride /= stored.shape[axis];
      target += rest % stored.shape[axis] * stride;
      rest /= stored.shape[axis];
    }
    tensor.values[target] = stored.values[k];
  }
  return tensor;
}

std::map<std::string, Tensor> parse_npz(std::string_view bytes, std::string_view source) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (buffer == nullptr) throw std::bad_alloc();
  const std::unique_ptr<zip_t, CloseArchive> archive(zip_open_from_source(buffer, ZIP_RDONLY, &error));
  if (!archive) {
    zip_source_free(buffer);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    reject("{}: is not a .npz file: {}", source, reason);
  }
  std::map<std::string, Tensor> arrays;
  std::uint64_t left = bytes.size();  // that no array has claimed: entries of one archive share no bytes
  for (zip_int64_t k = 0; k < zip_get_num_entries(archive.get(), 0); ++k) {
    zip_stat_t entry;
    const bool known = zip_stat_index(archive.get(), zip_uint64_t(k), 0, &entry) == 0 &&
                       (entry.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE)) ==
                           (ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE);
    if (!known) reject("{}: its directory is damaged", source);
    std::string name = entry.name;
    if (!name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    const std::string label = std::string(source) + ": '" + name + "'";
    if (entry.comp_size > left) {
      reject("{}: '{}' claims {} compressed bytes where the file has {} left", source, entry.name,
             entry.comp_size, left);
    }
    left -= entry.comp_size;
    const std::string array = read_entry(archive.get(), zip_uint64_t(k), entry, source);
    arrays.insert_or_assign(name, read_npy(array, label));
  }
  return arrays;
}

}  // namespace digon
