#include "core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#ifdef __AVX512F__
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

// Ten Philox rounds on `lanes` counters side by side. Random123's own function takes one counter at a time
// and costs several times as much; the tests hold the two equal. c holds the four words of all counters, word
// after word.
#ifdef __AVX512F__

/// The high and low halves of the 32×32-bit products of 16 words with one. The compiler knows no such product
/// of vectors, and its own way takes three times as long.
struct Product {
  Product(__m512i words, std::uint32_t multiplier) {
    const __m512i factor = _mm512_set1_epi32(static_cast<int>(multiplier));
    const __m512i even = _mm512_mul_epu32(words, factor);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(words, 32), factor);
    low = _mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA);
    high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
  }
  __m512i low;
  __m512i high;
};

void philox_lanes(std::uint32_t* c, std::uint32_t key0, std::uint32_t key1) {
  static_assert(lanes == 16);
  __m512i c0 = _mm512_loadu_si512(c);
  __m512i c1 = _mm512_loadu_si512(c + lanes);
  __m512i c2 = _mm512_loadu_si512(c + 2 * lanes);
  __m512i c3 = _mm512_loadu_si512(c + 3 * lanes);
  for (int round = 0; round < 10; ++round) {
    const Product product0(c0, PHILOX_M4x32_0);
    const Product product1(c2, PHILOX_M4x32_1);
    const __m512i round_key0 = _mm512_set1_epi32(static_cast<int>(key0));
    const __m512i round_key1 = _mm512_set1_epi32(static_cast<int>(key1));
    c0 = _mm512_xor_si512(_mm512_xor_si512(product1.high, c1), round_key0);
    c1 = product1.low;
    c2 = _mm512_xor_si512(_mm512_xor_si512(product0.high, c3), round_key1);
    c3 = product0.low;
    key0 += PHILOX_W32_0;
    key1 += PHILOX_W32_1;
  }
  _mm512_storeu_si512(c, c0);
  _mm512_storeu_si512(c + lanes, c1);
  _mm512_storeu_si512(c + 2 * lanes, c2);
  _mm512_storeu_si512(c + 3 * lanes, c3);
}

#else

void philox_lanes(std::uint32_t* c, std::uint32_t key0, std::uint32_t key1) {
  std::uint32_t* c0 = c;
  std::uint32_t* c1 = c + lanes;
  std::uint32_t* c2 = c + 2 * lanes;
  std::uint32_t* c3 = c + 3 * lanes;
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
  for (std::size_t done = 0; done < words.size(); done += group) {
    std::uint32_t* counters = words.data() + done;
    const std::uint64_t first_block = (first_group + done / group) * lanes;
    for (std::size_t k = 0; k < lanes; ++k) {
      // Sixteen consecutive blocks from a multiple of sixteen: only the low four bits differ.
      counters[k] = low_word(first_block) + static_cast<std::uint32_t>(k);
      counters[lanes + k] = high_word(first_block);
      counters[2 * lanes + k] = step;
      counters[3 * lanes + k] = static_cast<std::uint32_t>(purpose);
    }
    philox_lanes(counters, low_word(seed), high_word(seed));
  }
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
