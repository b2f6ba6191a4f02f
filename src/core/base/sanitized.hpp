// Whether the address or the thread sanitizer is in this build. It is some ten times as slow: long tests take
// fewer cases, some of each kind; and memory is not kept for reuse, so that who uses what was given back is
// found.
#pragma once

namespace digon {

#if defined(__has_feature)  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DIGON_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // GCC
#define DIGON_SANITIZED
#endif

#ifdef DIGON_SANITIZED
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace digon
