#include "core/base/random.hpp"

#include <Random123/philox.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using digon::Purpose;
using digon::RandomStream;

TEST_CASE("a block is Philox4x32-10, as its authors' known answers say") {
  // Random123's kat_vectors: philox4x32 10, counter and key all zero and all one.
  const philox4x32_ctr_t zero = philox4x32_R(10, {{0, 0, 0, 0}}, {{0, 0}});
  CHECK(zero.v[0] == 0x6627e8d5U);
  const auto block = RandomStream{0, Purpose::initial_weights, 0}.block(0);
  CHECK(block == std::array<std::uint32_t, 4>{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
}

TEST_CASE("filling in groups gives the same words as block by block") {
  const RandomStream stream{0x0123456789abcdefULL, Purpose::training_batch, 77};
  const std::uint64_t first_group = (1ULL << 32) / 16 - 1;  // crosses into the counter's second word
  std::vector<std::uint32_t> words(3 * RandomStream::group);
  stream.fill(words, first_group);
  for (std::size_t group = 0; group < 3; ++group) {
    for (std::size_t k = 0; k < 16; ++k) {
      const auto block = stream.block((first_group + group) * 16 + k);
      for (std::size_t w = 0; w < 4; ++w) REQUIRE(words[group * 64 + 16 * w + k] == block[w]);
    }
  }
  CHECK_THROWS_AS(stream.fill(std::span(words).first(10), 0), std::logic_error);
}

TEST_CASE("normal numbers have the moments of the normal law, within 4 standard errors") {
  constexpr std::size_t count = 1U << 18;
  std::vector<double> values(count);
  digon::fill_standard_normal(values, {5, Purpose::initial_weights});
  double mean = 0.0;
  double square = 0.0;
  double fourth = 0.0;
  for (const double value : values) {
    mean += value / count;
    square += value * value / count;
    fourth += value * value * value * value / count;
  }
  const double error = 4.0 / std::sqrt(double(count));
  CHECK(std::abs(mean) < error);
  CHECK(std::abs(square - 1.0) < error * std::sqrt(2.0));
  CHECK(std::abs(fourth - 3.0) < error * std::sqrt(96.0));
}

TEST_CASE("derived seeds differ from each other and from their parent's") {
  CHECK(digon::derive_seed(1, 0) != digon::derive_seed(1, 1));
  CHECK(digon::derive_seed(1, 0) != digon::derive_seed(2, 0));
  CHECK(digon::derive_seed(1, 0) == digon::derive_seed(1, 0));
}
