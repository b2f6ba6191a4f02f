#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "theory/engine/hidden_relu_cones.hpp"
#include "theory/engine/hidden_relu_tile.hpp"

namespace digon {

/// The means of all features and samples, for a tile: what the two ways to draw samples have in common.
class SampleSource {
 public:
  SampleSource() = default;
  SampleSource(const SampleSource&) = delete;
  SampleSource& operator=(const SampleSource&) = delete;
  virtual ~SampleSource() = default;

  [[nodiscard]] virtual std::size_t dimensions() const = 0;
  /// Writes samples first … of a net into the tile, and what is known of each of them in closed form, the
  /// control.
  virtual void draw(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
                    HiddenReluTile::Numbers& control) const = 0;
  /// The mean of the control.
  [[nodiscard]] virtual double control_mean() const = 0;
};

/// Samples of all numbers of active features: coordinate i of the net is what feature i comes from, through
/// the inverse of its distribution made continuous, with an active feature's negative values below those of
/// an inactive one and the positive ones above:
///   x = min(0, LO + w v/p) + max(0, HI − w (1 − v)/p),  w = HI − LO.
/// So few features at a time decide most of the loss, as the net likes it.
class DenseSamples final : public SampleSource {
 public:
  DenseSamples(const HiddenReluNetwork& network, Eigen::VectorXd density);
  ~DenseSamples() override;
  [[nodiscard]] std::size_t dimensions() const override { return std::size_t(density_.size()); }
  void draw(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
            HiddenReluTile::Numbers& control) const override;
  [[nodiscard]] double control_mean() const override { return 0.0; }

 private:
  double least_;
  double greatest_;
  Eigen::VectorXd density_;
};

/// The loss with one feature active alone, along each ray, linear between a few points of it: a control of
/// known mean.
class SingleFeatureLoss {
 public:
  explicit SingleFeatureLoss(const HiddenReluNetwork& network);
  [[nodiscard]] double at(Eigen::Index i, double x) const;
  [[nodiscard]] double mean(Eigen::Index i) const { return mean_[i]; }

 private:
  static constexpr Eigen::Index pieces = 64;
  Eigen::MatrixXd above_;  // [pieces + 1 × n]
  Eigen::MatrixXd below_;
  Eigen::VectorXd mean_;
  double greatest_ = 0.0;
  double least_ = 0.0;
};

/// Samples with exactly k features active. Where the patterns can be told apart by one coordinate it gives
/// the pattern's rank in lexicographic order, looked up where all patterns are as likely and few, or decoded
/// feature by feature; else a coordinate a feature says
/// whether that is among those still to be chosen. k more give the values. The control is the mean loss of
/// the active features one at a time.
class StratumSamples final : public SampleSource {
 public:
  StratumSamples(const HiddenReluNetwork& network, const SingleFeatureLoss& single, const Odds& odds,
                 Eigen::Index active);
  [[nodiscard]] std::size_t dimensions() const override { return coordinates_ + std::size_t(active_); }
  void draw(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
            HiddenReluTile::Numbers& control) const override;
  [[nodiscard]] double control_mean() const override { return control_mean_; }

 private:
  void draw_listed(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
                   HiddenReluTile::Numbers& control) const;

  const SingleFeatureLoss& single_;
  double least_;
  double greatest_;
  Eigen::Index features_;
  Eigen::Index active_;
  std::size_t coordinates_ = 1;        // that choose the pattern
  Eigen::MatrixXd chance_;             // [k + 1 × n] of feature i, with r still to be chosen from i on
  std::vector<std::uint16_t> listed_;  // all patterns, k features each; or none
  double control_mean_ = 0.0;
};

}  // namespace digon
