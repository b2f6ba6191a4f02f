#include "core/files/deflate.hpp"

#include <zlib.h>

#include <stdexcept>

namespace digon {

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(uLong(bytes.size()));
  std::string compressed(size, '\0');
  // zlib's bytes are unsigned char, which may alias char.
  const int result =
      compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                reinterpret_cast<const Bytef*>(bytes.data()), uLong(bytes.size()), Z_BEST_COMPRESSION);
  if (result != Z_OK) throw std::runtime_error("zlib does not compress");
  compressed.resize(size);
  return compressed;
}

}  // namespace digon
