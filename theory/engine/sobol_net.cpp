#include "theory/engine/sobol_net.hpp"

#include <bit>
#include <boost/random/sobol.hpp>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"

namespace digon {
namespace {

constexpr unsigned bits = 32;
using DirectionNumbers = std::array<std::uint32_t, bits>;

/// The direction numbers of a coordinate, from the primitive polynomial and the first numbers that Boost's
/// table has (Bratley and Fox 1988, §2): number k is what bit k of a point's index adds.
DirectionNumbers direction_numbers(std::size_t dimension) {
  using Table = boost::random::default_sobol_table;
  DirectionNumbers m{};
  if (dimension == 0) {
    m.fill(1);
  } else {
    const std::uint32_t polynomial = Table::polynomial(dimension - 1);
    const auto degree = unsigned(std::bit_width(polynomial)) - 1;
    for (unsigned k = 0; k < degree; ++k) m[k] = Table::minit(dimension - 1, k);
    for (unsigned j = degree; j < bits; ++j) {
      m[j] = m[j - degree];
      for (unsigned k = 0; k < degree; ++k) {
        if ((polynomial >> k) & 1U) m[j] ^= m[j - (degree - k)] << (degree - k);
      }
    }
  }
  for (unsigned k = 0; k < bits; ++k) m[k] <<= bits - 1 - k;
  return m;
}

}  // namespace

SobolNet::SobolNet(std::size_t dimensions, std::uint64_t seed, std::uint32_t scramble) {
  if (dimensions > most_dimensions) {
    reject("Sobol net: {} dimensions given; at most {} are accepted", dimensions, most_dimensions);
  }
  const RandomStream stream{seed, Purpose::scramble, scramble};
  constexpr std::size_t blocks = (bits + 1 + 3) / 4;  // of four words: a column a bit, and the shift
  coordinates_.resize(dimensions);
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::array<std::uint32_t, 4 * blocks> random{};
    for (std::size_t k = 0; k < blocks; ++k) {
      const auto words = stream.block(d * blocks + k);
      std::copy(words.begin(), words.end(), random.begin() + 4 * k);
    }
    // Bit c of a coordinate, whatever it was, also turns random ones of the lower bits.
    for (unsigned c = 0; c < bits; ++c) {
      random[c] = (1U << c) | (random[c] & ((1U << c) - 1U));
    }
    const DirectionNumbers plain = direction_numbers(d);
    Coordinate& coordinate = coordinates_[d];
    coordinate.shift = random[bits];
    for (unsigned k = 0; k < bits; ++k) {
      coordinate.direction[k] = 0;
      for (std::uint32_t rest = plain[k]; rest != 0; rest &= rest - 1) {
        coordinate.direction[k] ^= random[unsigned(std::countr_zero(rest))];
      }
    }
  }
}

void SobolNet::fill(std::size_t dimension, std::uint64_t first, std::span<double, block> u) const {
  const Coordinate& coordinate = coordinates_[dimension];
  std::array<std::uint32_t, block> word;
  word[0] = coordinate.shift;
  for (std::uint64_t rest = first; rest != 0; rest &= rest - 1) {
    word[0] ^= coordinate.direction[unsigned(std::countr_zero(rest))];
  }
  for (std::size_t k = 0, have = 1; have < block; ++k, have *= 2) {
    for (std::size_t s = 0; s < have; ++s) word[have + s] = word[s] ^ coordinate.direction[k];
  }
  for (std::size_t s = 0; s < block; ++s) u[s] = (double(word[s]) + 0.5) * 0x1p-32;
}

}  // namespace digon
