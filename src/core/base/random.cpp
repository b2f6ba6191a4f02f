#include "core/base/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace digon {
namespace {

constexpr std::size_t lanes = RandomStream::group / 4;

std::uint32_t low_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint32_t high_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

// philox_groups<G> fills G groups: ten Philox rounds on their counters side by side. Random123's own function
// takes one counter at a time and costs several times as much; the tests hold the two equal.
#if defined(__AVX512F__) || defined(__AVX2__)

#ifdef __AVX512F__

/// Words side by side in a vector register.
using Words = __m512i;

Words all_words(std::uint32_t word) {
  return _mm512_set1_epi32(static_cast<int>(word));
}
Words counting_words() {
  return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
Words sum_of(Words a, Words b) {
  return _mm512_add_epi32(a, b);
}
Words xor_of(Words a, Words b, Words c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
void store(std::uint32_t* out, Words words) {
  _mm512_storeu_si512(out, words);
}

/// The high and low halves of the 32×32-bit products of the words with one. The compiler knows no such
/// product of vectors, and its own way takes three times as long.
struct Product {
  Product(Words words, Words factor) {
    const Words even = _mm512_mul_epu32(words, factor);
    const Words odd = _mm512_mul_epu32(_mm512_srli_epi64(words, 32), factor);
    low = _mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA);
    high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
  }
  Words low;
  Words high;
};

#else

using Words = __m256i;

Words all_words(std::uint32_t word) {
  return _mm256_set1_epi32(static_cast<int>(word));
}
Words counting_words() {
  return _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
}
Words sum_of(Words a, Words b) {
  return _mm256_add_epi32(a, b);
}
Words xor_of(Words a, Words b, Words c) {
  return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}
void store(std::uint32_t* out, Words words) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), words);
}

struct Product {
  Product(Words words, Words factor) {
    const Words even = _mm256_mul_epu32(words, factor);
    const Words odd = _mm256_mul_epu32(_mm256_srli_epi64(words, 32), factor);
    low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
  }
  Words low;
  Words high;
};

#endif

constexpr std::size_t words_in_vector = sizeof(Words) / sizeof(std::uint32_t);
constexpr std::size_t parts = lanes / words_in_vector;  // vectors that hold one word of a group's counters

template <int groups>
void philox_groups(const RandomStream& stream, std::uint64_t first_block, std::uint32_t* words) {
  constexpr std::size_t vectors = groups * parts;
  Words c0[vectors], c1[vectors], c2[vectors], c3[vectors];
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::uint64_t block = first_block + v * words_in_vector;
    // Consecutive blocks from a multiple of their number: only the low bits differ.
    c0[v] = sum_of(all_words(low_word(block)), counting_words());
    c1[v] = all_words(high_word(block));
    c2[v] = all_words(stream.step);
    c3[v] = all_words(static_cast<std::uint32_t>(stream.purpose));
  }
  Words key0 = all_words(low_word(stream.seed));
  Words key1 = all_words(high_word(stream.seed));
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    for (std::size_t v = 0; v < vectors; ++v) {
      const Product product0(c0[v], all_words(PHILOX_M4x32_0));
      const Product product1(c2[v], all_words(PHILOX_M4x32_1));
      c0[v] = xor_of(product1.high, c1[v], key0);
      c1[v] = product1.low;
      c2[v] = xor_of(product0.high, c3[v], key1);
      c3[v] = product0.low;
    }
    key0 = sum_of(key0, all_words(PHILOX_W32_0));
    key1 = sum_of(key1, all_words(PHILOX_W32_1));
  }
  for (std::size_t v = 0; v < vectors; ++v) {
    std::uint32_t* out = words + v / parts * RandomStream::group + v % parts * words_in_vector;
    store(out, c0[v]);
    store(out + lanes, c1[v]);
    store(out + 2 * lanes, c2[v]);
    store(out + 3 * lanes, c3[v]);
  }
}

#else

template <int groups>
void philox_groups(const RandomStream& stream, std::uint64_t first_block, std::uint32_t* words) {
  for (int g = 0; g < groups; ++g) {
    std::uint32_t* c0 = words + std::size_t(g) * RandomStream::group;
    std::uint32_t* c1 = c0 + lanes;
    std::uint32_t* c2 = c0 + 2 * lanes;
    std::uint32_t* c3 = c0 + 3 * lanes;
    const std::uint64_t block = first_block + std::uint64_t(g) * lanes;
    for (std::size_t k = 0; k < lanes; ++k) {
      c0[k] = low_word(block) + static_cast<std::uint32_t>(k);
      c1[k] = high_word(block);
      c2[k] = stream.step;
      c3[k] = static_cast<std::uint32_t>(stream.purpose);
    }
    std::uint32_t key0 = low_word(stream.seed);
    std::uint32_t key1 = high_word(stream.seed);
    for (int round = 0; round < 10; ++round) {
      for (std::size_t k = 0; k < lanes; ++k) {
        const std::uint64_t product0 = std::uint64_t{PHILOX_M4x32_0} * c0[k];
        const std::uint64_t product1 = std::uint64_t{PHILOX_M4x32_1} * c2[k];
        c0[k] = high_word(product1) ^ c1[k] ^ key0;
        c1[k] = low_word(product1);
        c2[k] = high_word(product0) ^ c3[k] ^ key1;
        c3[k] = low_word(product0);
      }
      key0 += PHILOX_W32_0;
      key1 += PHILOX_W32_1;
    }
  }
}

#endif

}  // namespace

std::array<std::uint32_t, 4> RandomStream::block(std::uint64_t index) const {
  const philox4x32_ctr_t counter{
      {low_word(index), high_word(index), step, static_cast<std::uint32_t>(purpose)}};
  const philox4x32_key_t key{{low_word(seed), high_word(seed)}};
  const philox4x32_ctr_t words = philox4x32_R(10, counter, key);
  return {words.v[0], words.v[1], words.v[2], words.v[3]};
}

void RandomStream::fill(std::span<std::uint32_t> words, std::uint64_t first_group) const {
  if (words.size() % group != 0) throw std::logic_error("RandomStream::fill works in whole groups");
    // Several vectors of counters at a time hide the latency of each other's rounds, and fit the registers.
#ifdef __AVX512F__
  constexpr int together = 4;
#else
  constexpr int together = 1;
#endif
  std::uint64_t block = first_group * lanes;
  std::uint32_t* out = words.data();
  std::uint32_t* const end = out + words.size();
  for (; end - out >= std::ptrdiff_t(together * group); out += together * group, block += together * lanes) {
    philox_groups<together>(*this, block, out);
  }
  for (; out < end; out += group, block += lanes) philox_groups<1>(*this, block, out);
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
  const auto words = RandomStream{seed, Purpose::seed}.block(index);
  return (std::uint64_t{words[1]} << 32) | words[0];
}

double open_unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32) | low;
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

void fill_standard_normal(std::span<double> values, const RandomStream& stream) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const auto words = stream.block(i / 2);
    const double radius = std::sqrt(-2.0 * std::log(open_unit_interval(words[0], words[1])));
    const double angle = 2.0 * std::numbers::pi * open_unit_interval(words[2], words[3]);
    values[i] = radius * std::cos(angle);
    if (i + 1 < values.size()) values[i + 1] = radius * std::sin(angle);
  }
}

}  // namespace digon
