#pragma once

#include <string>
#include <string_view>

namespace digon {

/// The bytes compressed, in zlib's format, which a browser's DecompressionStream("deflate") reads.
std::string deflated(std::string_view bytes);

}  // namespace digon
