#include "theory/singular/volume_scaling.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "core/base/standard_error.hpp"
#include "theory/search/random_draws.hpp"

namespace digon {
namespace {

struct Live {
  Eigen::VectorXd z;  ///< (w − w*) √γ
  double excess = 0.0;
};

/// log V at the levels of one run, both ascending in −log ε.
struct Levels {
  std::vector<double> log_excess;
  std::vector<double> log_volume;
  double below = 0.0;  ///< how far the loss was found below that of the point

  /// By lines between the levels.
  [[nodiscard]] double log_volume_at(double log_e) const {
    std::size_t k = 1;
    while (k + 1 < log_excess.size() && log_excess[k] > log_e) ++k;
    const double share = (log_e - log_excess[k - 1]) / (log_excess[k] - log_excess[k - 1]);
    return log_volume[k - 1] + share * (log_volume[k] - log_volume[k - 1]);
  }
};

class Splitting {
 public:
  Splitting(const Excess& excess, const Eigen::VectorXd& at, const VolumeOptions& options, std::uint64_t seed)
      : excess_(excess), at_(at), options_(options), draws_(seed) {
    for (std::size_t k = 0; k < options.population; ++k) {
      Live& one = live_.emplace_back();
      one.z.resize(at.size());
      fill_standard_normal({one.z.data(), std::size_t(at.size())},
                           {derive_seed(seed, k), Purpose::posterior});
      one.excess = excess_of(one.z);
    }
  }

  Levels run() {
    Levels levels;
    double log_volume = 0.0;
    const std::size_t half = live_.size() / 2;
    for (;;) {
      throw_if_interrupted();
      std::sort(live_.begin(), live_.end(), [](const Live& a, const Live& b) { return a.excess < b.excess; });
      levels.below = std::max(0.0, -live_.front().excess);
      if (levels.below > 1e-12) return levels;
      const double level = live_[half - 1].excess;
      log_volume -= std::log(2.0);
      levels.log_excess.push_back(std::log(level));
      levels.log_volume.push_back(log_volume);
      if (level < options_.least_excess) return levels;
      for (std::size_t k = half; k < live_.size(); ++k) live_[k] = live_[k - half];
      move_below(level);
    }
  }

 private:
  double excess_of(const Eigen::VectorXd& z) const {
    return excess_(at_ + z / std::sqrt(options_.localisation));
  }

  /// Moves every point about, in turn, by differences of two others; the Gaussian restricted to the level
  /// stays as it is.
  void move_below(double level) {
    const std::size_t count = live_.size();
    const std::size_t sweeps = options_.moves_per_parameter * std::size_t(at_.size());
    const double usual = 2.38 / std::sqrt(2.0 * double(at_.size()));
    for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t a = (k + 1 + draws_.below(count - 1)) % count;
        std::size_t b = a;
        while (b == a) b = (k + 1 + draws_.below(count - 1)) % count;
        const double length = usual * 2.0 * draws_.uniform();
        const Eigen::VectorXd z = live_[k].z + length * (live_[a].z - live_[b].z);
        const double log_ratio = 0.5 * (live_[k].z.squaredNorm() - z.squaredNorm());
        if (std::log(draws_.uniform()) >= log_ratio) continue;
        const double excess = excess_of(z);
        if (excess <= level) live_[k] = {z, excess};
      }
    }
  }

  const Excess& excess_;
  const Eigen::VectorXd& at_;
  const VolumeOptions& options_;
  RandomDraws draws_;
  std::vector<Live> live_;
};

}  // namespace

VolumeScaling volume_scaling(const Excess& excess, const Eigen::VectorXd& at, const VolumeOptions& options) {
  constexpr Eigen::Index most_parameters = 40;
  if (at.size() > most_parameters) {
    reject("volume: {} parameters given; accepted: at most {}", at.size(), most_parameters);
  }
  if (options.runs < 2) reject("runs: {} given; at least 2 are needed", options.runs);
  if (options.population < 10 || options.population % 2 != 0) {
    reject("population: {} given; accepted: even, 10 or more", options.population);
  }
  std::vector<Levels> runs(options.runs);
  parallel_for(options.runs, options.threads, [&](std::size_t k) {
    runs[k] = Splitting(excess, at, options, derive_seed(options.seed, k)).run();
    options.advance(1);
  });
  VolumeScaling scaling;
  for (const Levels& levels : runs) scaling.below = std::max(scaling.below, levels.below);
  if (scaling.below > 1e-12) return scaling;
  double widest = std::log(1e300);
  for (const Levels& levels : runs) widest = std::min(widest, levels.log_excess.front());
  const double decade = std::log(10.0);
  std::vector<AtFinite> finite;
  for (double from = widest; from - decade >= std::log(options.least_excess); from -= decade) {
    Eigen::ArrayXd slopes(Eigen::Index(options.runs));
    for (std::size_t k = 0; k < runs.size(); ++k) {
      slopes[Eigen::Index(k)] = (runs[k].log_volume_at(from) - runs[k].log_volume_at(from - decade)) / decade;
    }
    const VolumeSlope slope{std::exp(from - decade / 2.0), slopes.mean(), standard_error(slopes)};
    scaling.slopes.push_back(slope);
    finite.push_back({1.0 / slope.excess, slope.slope, slope.error});
  }
  if (finite.empty())
    reject("volume: an excess of {} leaves no factor of ten to measure", options.least_excess);
  scaling.lambda = extrapolate(finite);
  return scaling;
}

}  // namespace digon
