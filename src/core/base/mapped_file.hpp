#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace digon {

/// A file's bytes, read by the system as they are looked at: a file larger than memory will do.
class MappedFile {
 public:
  /// Throws InputError naming the path if it cannot be read.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace digon
