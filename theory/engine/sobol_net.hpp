#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace digon {

/// A scrambled Sobol' sequence: points of (0, 1)^d, each uniform, of which any first 2^k together fill the
/// cube evenly. The mean of a function over them is without bias; several scrambles, which are independent of
/// each other, say how far it is off.
///
/// The scramble is a random lower triangular matrix of bits and a digital shift for each coordinate
/// (matousek1998). Any two points lie to each other as after Owen's nested scramble, so that the variance is
/// the same, and it costs nothing a point: the matrix is multiplied into the direction numbers.
///
/// Of d = 1 the first four points are one in each quarter of (0, 1), in an order the scramble decides.
class SobolNet {
 public:
  static constexpr std::size_t most_dimensions = 3667;
  static constexpr std::size_t block = 32;  ///< points that are made together

  /// The scramble depends on the seed and its number alone. Throws InputError beyond most_dimensions.
  SobolNet(std::size_t dimensions, std::uint64_t seed, std::uint32_t scramble);

  /// A coordinate of points first … first + block − 1, where first is a multiple of block, below 2^32.
  void fill(std::size_t dimension, std::uint64_t first, std::span<double, block> u) const;

 private:
  struct Coordinate {
    std::array<std::uint32_t, 32> direction;
    std::uint32_t shift;
  };
  std::vector<Coordinate> coordinates_;
};

}  // namespace digon
