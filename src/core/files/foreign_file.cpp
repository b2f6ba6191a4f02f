#include "core/files/foreign_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace digon {
namespace {

using namespace std::string_view_literals;

struct Beginning {
  std::string_view bytes;
  std::string_view what;
};

/// Formats known by their first bytes, of which there is nothing to say but their names.
constexpr std::array beginnings{
    Beginning{"GGUF"sv, "a GGUF file"},
    Beginning{"PAR1"sv, "a Parquet file"},
    Beginning{"ARROW1"sv, "an Arrow file"},
    Beginning{"MATLAB"sv, "a MATLAB file"},
    Beginning{"\x1f\x8b"sv, "a gzip file; gunzip it first"},
    Beginning{"\x28\xb5\x2f\xfd"sv, "a zstd file; unzstd it first"},
    Beginning{"BZh"sv, "a bzip2 file; bunzip2 it first"},
    Beginning{"\xfd"
              "7zXZ"sv,
              "an xz file; unxz it first"},
    Beginning{"SQLite format 3"sv, "an SQLite database; 'digon export' reads results.db"},
    Beginning{"%PDF"sv, "a PDF file"},
    Beginning{"\x7f"
              "ELF"sv,
              "a program"}};

/// What torch.save wrote before version 1.6: a pickle of this number.
constexpr std::string_view legacy_pytorch = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;

/// The name of the same file as .npz.
std::string converted(const std::string& path) {
  return std::filesystem::path(path).replace_extension(".npz").string();
}

/// Whether a file begins as text does: of the first bytes none is a control character.
bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
}

/// Whether a text begins with the name of a TOML table, "[cell]" or "[[figure]]", and not with a list.
bool is_toml_table(std::string_view text) {
  const std::size_t name = text.find_first_not_of('[');
  const std::size_t end = text.find(']');
  if (name == 0 || name > 2 || end == std::string_view::npos || end <= name) return false;
  const auto is_of_a_key = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
  };
  return std::isalpha(static_cast<unsigned char>(text[name])) &&
         std::all_of(text.begin() + std::ptrdiff_t(name), text.begin() + std::ptrdiff_t(end), is_of_a_key);
}

std::optional<std::string> describe_text(std::string_view head, const std::string& path) {
  if (head.starts_with("version https://git-lfs")) {
    return "a Git LFS pointer, not the file itself; 'git lfs pull' fetches it";
  }
  const std::size_t first = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  const std::string_view text = head.substr(first);
  if (text.starts_with('<')) return "a web page, not the file itself; look at where it was downloaded from";
  if (path.ends_with(".toml") || is_toml_table(text)) {
    return "a TOML file; 'digon sweep' takes studies, and leaves the weights of theirs";
  }
  if (text.starts_with('{') || text.starts_with('[')) {
    const bool is_shards = text.find("weight_map") != std::string_view::npos || path.ends_with(".index.json");
    return is_shards
               ? "the list of the parts of a safetensors model; give the part that holds the tensor"
               : fmt::format(
                     "JSON; python3 -c \"import json, numpy; numpy.savez('{}', **json.load(open('{}')))\" "
                     "makes a .npz file of an object of arrays",
                     converted(path), path);
  }
  if (text.empty()) return std::nullopt;
  const bool commas = text.substr(0, text.find('\n')).find(',') != std::string_view::npos;
  return fmt::format(
      "text; python3 -c \"import numpy; numpy.savez('{}', W=numpy.loadtxt('{}'{}))\" makes a .npz file of "
      "numbers",
      converted(path), path, commas ? ", delimiter=','" : "");
}

}  // namespace

std::string describe_pytorch(const std::string& path) {
  return fmt::format(
      "a PyTorch file, a pickle, which can run any code and is not read; python3 -c \"import torch, numpy; "
      "numpy.savez('{}', **{{k: v.detach().float().numpy() for k, v in torch.load('{}', "
      "map_location='cpu').items()}})\" "
      "makes a .npz file of a state dict",
      converted(path), path);
}

std::optional<std::string> describe_foreign(std::string_view bytes, const std::string& path) {
  const std::string_view head = bytes.substr(0, 512);
  for (const Beginning& one : beginnings) {
    if (head.starts_with(one.bytes)) return std::string(one.what);
  }
  if (head.starts_with("\x89HDF\r\n\x1a\n")) {
    return fmt::format(
        "an HDF5 file; python3 -c \"import h5py, numpy; d = {{}}; h5py.File('{}').visititems(lambda k, v: "
        "d.update({{k: v[()]}}) if hasattr(v, 'shape') else None); numpy.savez('{}', **d)\" makes a .npz "
        "file",
        path, converted(path));
  }
  if (head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) {
    if (head.substr(0, 32).find(legacy_pytorch) != std::string_view::npos) return describe_pytorch(path);
    return fmt::format(
        "a Python pickle, which can run any code and is not read; python3 -c \"import pickle, numpy; "
        "numpy.savez('{}', **pickle.load(open('{}', 'rb')))\" makes a .npz file of a dict of arrays you "
        "trust",
        converted(path), path);
  }
  if (head.size() > 262 && head.substr(257, 5) == "ustar") return "a tar archive; unpack it first";
  if (!head.empty() && is_text(head)) return describe_text(head, path);
  return std::nullopt;
}

}  // namespace digon
