#include "core/files/tensor_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/base/input_error.hpp"
#include "core/files/foreign_file.hpp"
#include "core/files/npy.hpp"
#include "core/files/safetensors.hpp"

namespace digon {
namespace {

/// Whether a file begins as safetensors do: the length of a header that has room in it, and a brace.
bool begins_as_safetensors(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() <= sizeof length || bytes[sizeof length] != '{') return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length <= bytes.size() - sizeof length;
}

}  // namespace

TensorFile::TensorFile(std::string_view bytes, std::string source) : source_(std::move(source)) {
  if (bytes.starts_with("\x93NUMPY")) {
    tensors_.emplace("array", parse_npy(bytes, source_));
  } else if (bytes.starts_with("PK")) {
    index_npz(bytes);
  } else {
    if (!begins_as_safetensors(bytes)) {
      if (const auto foreign = describe_foreign(bytes, source_)) {
        reject("{}: is {}; accepted: safetensors, .npz, .npy", source_, *foreign);
      }
    }
    SafetensorsIndex index = index_safetensors(bytes, source_);
    tensors_ = std::move(index.tensors);
    metadata_ = std::move(index.metadata);
  }
}

void TensorFile::index_npz(std::string_view bytes) {
  std::vector<ZipEntry> entries = index_zip(bytes, source_);
  constexpr std::string_view ending = ".npy";
  for (ZipEntry& entry : entries) {
    if (entry.name == "data.pkl" || entry.name.ends_with("/data.pkl")) {
      reject("{}: is {}; accepted: safetensors, .npz, .npy", source_, describe_pytorch(source_));
    }
    if (!entry.name.ends_with(ending)) continue;
    const std::string name = entry.name.substr(0, entry.name.size() - ending.size());
    const std::string label = source_ + ": '" + name + "'";
    if (tensors_.contains(name)) reject("{}: is in the file twice", label);
    if (entry.deflated) {
      constexpr std::size_t before_the_header = 12;
      const std::string head = unpack_beginning(entry, most_npy_header + before_the_header, source_);
      tensors_.emplace(name, parse_npy_header(head, label));
    } else {
      if (entry.size != entry.packed.size()) {
        reject("{}: '{}' claims {} bytes in {} stored ones", source_, entry.name, entry.size,
               entry.packed.size());
      }
      tensors_.emplace(name, parse_npy(entry.packed, label));
    }
    entries_.emplace(name, std::move(entry));
  }
  if (tensors_.empty()) {
    reject("{}: is a zip archive without arrays ('NAME.npy'); accepted: what numpy.savez writes", source_);
  }
}

bool TensorFile::is_compressed(const std::string& name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.deflated;
}

Tensor TensorFile::read(const std::string& name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return read_tensor(tensors_.at(name), source_, name);
  const std::string bytes = unpack(entry->second, source_);
  return read_tensor(parse_npy(bytes, source_ + ": '" + name + "'"), source_, name);
}

std::string TensorFile::list(Listed listed) const {
  constexpr std::size_t most = 12;
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, view] : tensors_) {
    if (listed == Listed::matrices && view.shape.size() != 2 && view.shape.size() != 3) continue;
    if (++count <= most) {
      text +=
          fmt::format("{}{} {} {}", text.empty() ? "" : ", ", name, text_of_shape(view.shape), view.dtype);
    }
  }
  if (count > most) text += fmt::format(" and {} more", count - most);
  return text.empty() ? "none" : text;
}

}  // namespace digon
