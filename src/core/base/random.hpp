#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace digon {

/// What a stream of random numbers is for; streams of different purposes never share a number.
enum class Purpose : std::uint32_t {
  initial_weights = 0,
  training_batch = 1,
  sampled_loss = 2,
  seed = 3,
  scramble = 4,
  samples = 5,
  posterior = 6
};

/// Philox4x32-10 (salmon2011): counter-based, so any part of a stream is computed alone, in any order, on any
/// thread, with the same result.
///
/// The 128-bit counter is (block, block >> 32, step, purpose); the 64-bit key is the seed.
struct RandomStream {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::initial_weights;
  std::uint32_t step = 0;

  /// The four 32-bit words of one block, exactly Random123's philox4x32_R<10>.
  [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t index) const;

  /// Words a group of blocks gives; `fill` works in whole groups.
  static constexpr std::size_t group = 64;

  /// Fills `words` (a multiple of `group`) with groups first_group, first_group + 1, … . Inside a group, word
  /// w of block k stands at 16 w + k.
  void fill(std::span<std::uint32_t> words, std::uint64_t first_group) const;
};

/// An independent seed for the index-th part of an experiment.
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index);

/// A double in (0, 1), from 64 random bits.
double open_unit_interval(std::uint32_t high, std::uint32_t low);

/// Fills `values` with independent standard normal numbers (Box–Muller) from the stream's first blocks.
void fill_standard_normal(std::span<double> values, const RandomStream& stream);

}  // namespace digon
