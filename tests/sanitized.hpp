// The sanitizers make a test some ten times as slow: the long ones take fewer cases under them, some of each
// kind.
#pragma once

namespace digon {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace digon
