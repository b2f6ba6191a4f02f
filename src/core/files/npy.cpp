#include "core/files/npy.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::string_view blank = " \t\r\n";

void skip_blank(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
}

/// Takes the text up to the first of `ends` that stands outside of quotes and brackets.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  std::size_t depth = 0;
  char quote = '\0';
  std::size_t k = 0;
  for (; k < text.size(); ++k) {
    const char c = text[k];
    if (quote != '\0') {
      if (c == '\\') ++k;
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (depth == 0 && ends.find(c) != std::string_view::npos) {
      break;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth == 0) break;
      --depth;
    }
  }
  std::string_view taken = text.substr(0, std::min(k, text.size()));
  text.remove_prefix(taken.size());
  taken = taken.substr(0, taken.find_last_not_of(blank) + 1);
  return taken;
}

/// What stands between quotes of either kind; nothing where it is no string.
std::string_view unquoted(std::string_view text) {
  const bool is_string =
      text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  return is_string ? text.substr(1, text.size() - 2) : std::string_view();
}

/// The header, a Python dict literal: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } → the text
/// of each value by its key.
std::map<std::string_view, std::string_view> parse_dict(std::string_view text, std::string_view source) {
  skip_blank(text);
  if (!text.starts_with('{')) reject("{}: the .npy header is not a Python dict", source);
  text.remove_prefix(1);
  std::map<std::string_view, std::string_view> values;
  for (skip_blank(text); !text.empty() && text[0] != '}'; skip_blank(text)) {
    const std::string_view key = unquoted(take_until(text, ":"));
    if (key.empty() || !text.starts_with(':')) reject("{}: the .npy header is not a Python dict", source);
    text.remove_prefix(1);
    skip_blank(text);
    values[key] = take_until(text, ",");
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return values;
}

/// "(2, 3)"; a length may be written 3L, as Python 2 did.
std::vector<std::size_t> parse_shape(std::string_view text, std::string_view source) {
  if (!text.starts_with('(') || !text.ends_with(')')) {
    reject("{}: the shape in the .npy header is not a tuple", source);
  }
  std::vector<std::size_t> shape;
  for (text = text.substr(1, text.size() - 2); !text.empty();) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    skip_blank(word);
    if (word.empty() && text.empty()) break;  // "(3,)"
    std::size_t extent = 0;
    const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), extent);
    const std::string_view rest = word.substr(std::size_t(last - word.data()));
    if (error != std::errc{} || (!rest.empty() && rest != "L")) {
      reject("{}: '{}' in the .npy header is not the length of an axis", source, word);
    }
    shape.push_back(extent);
  }
  return shape;
}

/// The length of the header, and where it begins.
struct HeaderExtent {
  std::size_t begin = 0;
  std::size_t length = 0;
};

HeaderExtent header_extent(std::string_view bytes, std::string_view source) {
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
  if (length > most_npy_header) {
    reject("{}: the .npy header has {} bytes; accepted: up to {}", source, length, most_npy_header);
  }
  return {begin, length};
}

/// "<f4" → its type and the order of its bytes.
void read_type(std::string_view descr, TensorView& view) {
  view.dtype = descr;
  const bool has_order = descr.find_first_of("<>=|") == 0;
  view.big_endian = descr.starts_with('>');
  const std::string_view kind = descr.substr(has_order ? 1 : 0);
  if (kind == "f2") view.type = StoredType::float16;
  if (kind == "f4") view.type = StoredType::float32;
  if (kind == "f8") view.type = StoredType::float64;
}

}  // namespace

std::string serialize_npy(const Eigen::Ref<const Eigen::MatrixXd>& matrix) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(matrix.rows()) +
                       ", " + std::to_string(matrix.cols()) + "), }";
  constexpr std::size_t before = 10;     // magic, version and the header's length
  constexpr std::size_t alignment = 64;  // of where the numbers begin
  header.append(alignment - (before + header.size() + 1) % alignment, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(header.size() % 256);
  bytes += char(header.size() / 256);
  bytes += header;
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = matrix;
  const std::size_t begin = bytes.size();
  bytes.resize(begin + std::size_t(rows.size()) * sizeof(double));
  std::memcpy(bytes.data() + begin, rows.data(), std::size_t(rows.size()) * sizeof(double));
  return bytes;
}

TensorView parse_npy_header(std::string_view bytes, std::string_view source) {
  const auto [begin, length] = header_extent(bytes, source);
  const auto values = parse_dict(bytes.substr(begin, length), source);
  const auto value_of = [&](std::string_view key) {
    const auto found = values.find(key);
    if (found == values.end()) reject("{}: the .npy header has no '{}'", source, key);
    return found->second;
  };
  TensorView view;
  const std::string_view descr = value_of("descr");
  read_type(descr.starts_with('[') ? "named fields" : unquoted(descr), view);
  view.shape = parse_shape(value_of("shape"), source);
  view.fortran_order = value_of("fortran_order") == "True";
  return view;
}

TensorView parse_npy(std::string_view bytes, std::string_view source) {
  TensorView view = parse_npy_header(bytes, source);
  const auto [begin, length] = header_extent(bytes, source);
  view.bytes = bytes.substr(begin + length);
  if (!view.type) return view;
  const std::optional<std::size_t> count = element_count(view.shape);
  const std::size_t width = size_of(*view.type);
  if (!count || *count != view.bytes.size() / width || view.bytes.size() % width != 0) {
    reject("{}: the array's shape does not fill its {} bytes", source, view.bytes.size());
  }
  return view;
}

}  // namespace digon
