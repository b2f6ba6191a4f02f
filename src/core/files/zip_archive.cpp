#include "core/files/zip_archive.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// Deflate never makes more than 1032 bytes of one.
constexpr std::uint64_t greatest_inflation = 1032;

constexpr std::string_view local_signature = "PK\x03\x04";
constexpr std::string_view entry_signature = "PK\x01\x02";
constexpr std::string_view end_signature = "PK\x05\x06";
constexpr std::string_view end64_signature = "PK\x06\x06";
constexpr std::string_view locator64_signature = "PK\x06\x07";
constexpr std::size_t local_bytes = 30;
constexpr std::size_t entry_bytes = 46;
constexpr std::size_t end_bytes = 22;
constexpr std::size_t end64_bytes = 56;
constexpr std::size_t locator64_bytes = 20;
constexpr std::uint64_t in_64_bits = 0xffffffff;  // of a field: the value is in the 64-bit one

[[noreturn]] void refuse_directory(std::string_view source) {
  reject("{}: its directory is damaged", source);
}

/// A little-endian number of `width` bytes at `at`.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, width);
  return value;
}

/// The record of a signature and so many bytes at `at`; nothing where it is not there.
std::optional<std::string_view> record(std::string_view bytes, std::uint64_t at, std::string_view signature,
                                       std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  const std::string_view found = bytes.substr(at, size);
  return found.starts_with(signature) ? std::optional(found) : std::nullopt;
}

/// Where the directory begins, and how many files it lists.
struct Directory {
  std::uint64_t begin = 0;
  std::uint64_t count = 0;
};

Directory find_directory(std::string_view bytes, std::string_view source) {
  // The last record, behind which is a comment of up to 65535 bytes.
  const std::size_t at = bytes.rfind(end_signature);
  const auto end = record(bytes, at, end_signature, end_bytes);
  if (at == std::string_view::npos || !end)
    reject("{}: is a zip archive without its end; copied in part?", source);
  Directory directory{number(*end, 16, 4), number(*end, 10, 2)};
  if (at < locator64_bytes) return directory;
  const auto locator = record(bytes, at - locator64_bytes, locator64_signature, locator64_bytes);
  if (!locator) return directory;
  const auto end64 = record(bytes, number(*locator, 8, 8), end64_signature, end64_bytes);
  if (!end64) refuse_directory(source);
  return {number(*end64, 48, 8), number(*end64, 32, 8)};
}

/// The 64-bit values of a directory entry that its 32-bit fields have no room for, in their order.
void read_64_bit_fields(std::string_view extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t& at,
                        std::string_view source) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number(extra, 0, 2);
    const std::uint64_t length = number(extra, 2, 2);
    if (length > extra.size() - 4) refuse_directory(source);
    std::string_view values = extra.substr(4, length);
    extra.remove_prefix(4 + length);
    if (id != 1) continue;
    for (std::uint64_t* value : {&size, &packed, &at}) {
      if (*value != in_64_bits) continue;
      if (values.size() < 8) refuse_directory(source);
      *value = number(values, 0, 8);
      values.remove_prefix(8);
    }
  }
}

/// Where the bytes of a file lie, behind its own header.
std::string_view packed_bytes(std::string_view bytes, std::uint64_t at, std::uint64_t size,
                              const std::string& name, std::string_view source) {
  const auto local = record(bytes, at, local_signature, local_bytes);
  if (!local) reject("{}: '{}' is not where the directory says", source, name);
  const std::uint64_t begin = at + local_bytes + number(*local, 26, 2) + number(*local, 28, 2);
  if (begin > bytes.size() || size > bytes.size() - begin) {
    reject("{}: '{}' claims {} compressed bytes where the file has {} left", source, name, size,
           bytes.size() - std::min<std::uint64_t>(begin, bytes.size()));
  }
  return bytes.substr(begin, size);
}

/// Unpacking could otherwise ask for far more memory than the file has, time after time.
void require_disjoint(std::vector<const ZipEntry*> entries, std::string_view source) {
  const auto begin = [](const ZipEntry* entry) { return entry->packed.data(); };
  std::sort(entries.begin(), entries.end(),
            [&](const auto* a, const auto* b) { return begin(a) < begin(b); });
  for (std::size_t k = 1; k < entries.size(); ++k) {
    const std::string_view before = entries[k - 1]->packed;
    if (before.data() + before.size() > begin(entries[k])) {
      reject("{}: '{}' claims bytes of '{}'", source, entries[k]->name, entries[k - 1]->name);
    }
  }
}

/// The first `size` bytes of what is deflated in `packed`; fewer where there are no more.
std::string inflate_beginning(std::string_view packed, std::size_t size) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  std::string bytes(size, '\0');
  std::size_t done = 0;
  int status = Z_OK;
  while (status == Z_OK && done < size) {
    constexpr std::size_t most = 1U << 30;  // zlib counts in 32 bits
    const std::size_t in = std::min(most, packed.size());
    const std::size_t out = std::min(most, size - done);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = uInt(in);
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + done);
    stream.avail_out = uInt(out);
    status = inflate(&stream, Z_NO_FLUSH);
    packed.remove_prefix(in - stream.avail_in);
    done += out - stream.avail_out;
  }
  inflateEnd(&stream);
  bytes.resize(done);
  return bytes;
}

std::uint32_t crc_of(std::string_view bytes) {
  return std::uint32_t(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::vector<ZipEntry> index_zip(std::string_view bytes, std::string_view source) {
  const Directory directory = find_directory(bytes, source);
  if (directory.count > bytes.size() / entry_bytes) refuse_directory(source);
  std::vector<ZipEntry> entries;
  std::uint64_t at = directory.begin;
  for (std::uint64_t k = 0; k < directory.count; ++k) {
    const auto fixed = record(bytes, at, entry_signature, entry_bytes);
    if (!fixed) refuse_directory(source);
    const std::uint64_t name_length = number(*fixed, 28, 2);
    const std::uint64_t extra_length = number(*fixed, 30, 2);
    const std::uint64_t variable = name_length + extra_length + number(*fixed, 32, 2);
    at += entry_bytes;
    if (variable > bytes.size() - at) refuse_directory(source);
    const std::uint64_t flags = number(*fixed, 8, 2);
    const std::uint64_t method = number(*fixed, 10, 2);
    std::uint64_t packed = number(*fixed, 20, 4);
    std::uint64_t local = number(*fixed, 42, 4);
    ZipEntry entry{std::string(bytes.substr(at, name_length)),
                   method != 0,
                   {},
                   number(*fixed, 24, 4),
                   std::uint32_t(number(*fixed, 16, 4))};
    read_64_bit_fields(bytes.substr(at + name_length, extra_length), entry.size, packed, local, source);
    at += variable;
    if ((flags & 1) != 0) reject("{}: '{}' is encrypted", source, entry.name);
    if (method != 0 && method != 8) {
      reject("{}: '{}' is packed by method {}; accepted: stored or deflated", source, entry.name, method);
    }
    entry.packed = packed_bytes(bytes, local, packed, entry.name, source);
    entries.push_back(std::move(entry));
  }
  std::vector<const ZipEntry*> all;
  for (const ZipEntry& entry : entries) all.push_back(&entry);
  require_disjoint(std::move(all), source);
  return entries;
}

std::string unpack_beginning(const ZipEntry& entry, std::size_t most, std::string_view source) {
  const std::uint64_t limit = entry.deflated ? greatest_inflation : 1;
  if (entry.size / limit > entry.packed.size()) {
    reject("{}: '{}' claims {} bytes in {} compressed ones", source, entry.name, entry.size,
           entry.packed.size());
  }
  const std::size_t size = std::min<std::uint64_t>(entry.size, most);
  std::string bytes =
      entry.deflated ? inflate_beginning(entry.packed, size) : std::string(entry.packed.substr(0, size));
  if (bytes.size() != size) reject("{}: '{}' is damaged", source, entry.name);
  return bytes;
}

std::string unpack(const ZipEntry& entry, std::string_view source) {
  std::string bytes = unpack_beginning(entry, entry.size, source);
  if (crc_of(bytes) != entry.crc) reject("{}: '{}' is damaged", source, entry.name);
  return bytes;
}

}  // namespace digon
