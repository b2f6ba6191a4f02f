#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// A file in a zip archive, found in the archive's bytes.
struct ZipEntry {
  std::string name;
  bool deflated = false;    ///< else stored as it is
  std::string_view packed;  ///< its bytes in the archive
  std::uint64_t size = 0;   ///< unpacked, as the directory says
  std::uint32_t crc = 0;    ///< CRC-32 of the unpacked bytes
};

/// The files of a zip archive (APPNOTE.TXT; with the 64-bit fields, as NumPy writes them) of bytes that may
/// be truncated or hostile, which must outlive the result. No two of them share bytes, so that all of them
/// together unpack to no more than 1032 times the archive. Throws InputError, naming `source` and what is
/// wrong, also where one is encrypted or packed by another method than deflate.
std::vector<ZipEntry> index_zip(std::string_view bytes, std::string_view source);

/// The unpacked bytes, checked by their CRC, or the first `most` of them, unchecked. Throws InputError where
/// they are damaged or claim to be more than deflate could make of the packed ones.
std::string unpack(const ZipEntry& entry, std::string_view source);
std::string unpack_beginning(const ZipEntry& entry, std::size_t most, std::string_view source);

}  // namespace digon
