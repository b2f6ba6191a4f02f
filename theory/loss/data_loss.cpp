#include "theory/loss/data_loss.hpp"

#include <algorithm>
#include <vector>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/engine/contour.hpp"

namespace digon {
namespace {

/// Samples of a block: its arrays stay in the second-level cache, unless there would be too many sums to
/// keep.
Eigen::Index block_samples(Eigen::Index samples) {
  constexpr Eigen::Index in_cache = 256;
  constexpr Eigen::Index most_blocks = 1024;
  return std::max(in_cache, (samples + most_blocks - 1) / most_blocks);
}

/// The sums over some samples.
struct BlockSums {
  Eigen::VectorXd active;    ///< [n] Σ over samples with x_j ≠ 0 of the squared error
  Eigen::VectorXd inactive;  ///< [n] the same with x_j = 0
  Eigen::MatrixXd by_W;      ///< [m×n]
  Eigen::VectorXd by_b;
};

BlockSums sum_block(const ToyModel& model, const Eigen::VectorXd& importance,
                    const Eigen::Ref<const Eigen::MatrixXd>& x, bool with_gradient) {
  const Eigen::MatrixXd hidden = product(model.W, x);
  Eigen::MatrixXd output = transposed_product(model.W, hidden);
  output.colwise() += model.b;
  const bool has_relu = has_relu_output(model.kind);
  const Eigen::MatrixXd error = (has_relu ? output.cwiseMax(0.0) : output) - x;
  const Eigen::ArrayXXd square = error.array().square();
  BlockSums sums;
  sums.active = (x.array() != 0.0).select(square, 0.0).rowwise().sum();
  sums.inactive = (x.array() != 0.0).select(0.0, square).rowwise().sum();
  if (!with_gradient) return sums;
  Eigen::MatrixXd slope = 2.0 * (importance.asDiagonal() * error);  // by the output before its ReLU
  if (has_relu) slope = (output.array() > 0.0).select(slope, 0.0);
  sums.by_b = slope.rowwise().sum();
  // z = Wᵀ W x: W stands in the readout and in h.
  sums.by_W = product(hidden, slope.transpose()) + product(product(model.W, slope), x.transpose());
  return sums;
}

void require_data(const ToyModel& model, const FeatureDistribution& features) {
  validate(model, features);
  require_linear_hidden_layer(model);
  if (!features.data || features.data->x.cols() == 0) reject("data: none given; the loss on data needs some");
}

/// Σ over all samples, block by block in their order.
BlockSums sum_of(const ToyModel& model, const FeatureDistribution& features, std::size_t threads,
                 bool with_gradient) {
  const Eigen::MatrixXd& x = features.data->x;
  const Eigen::Index size = block_samples(x.cols());
  const Eigen::Index blocks = (x.cols() + size - 1) / size;
  std::vector<BlockSums> parts(static_cast<std::size_t>(blocks));
  parallel_for(parts.size(), threads, [&](std::size_t k) {
    throw_if_given_up();
    const Eigen::Index begin = Eigen::Index(k) * size;
    const Eigen::Index count = std::min(size, x.cols() - begin);
    parts[k] = sum_block(model, features.importance, x.middleCols(begin, count), with_gradient);
  });
  BlockSums total = std::move(parts.front());
  for (std::size_t k = 1; k < parts.size(); ++k) {
    total.active += parts[k].active;
    total.inactive += parts[k].inactive;
    if (!with_gradient) continue;
    total.by_W += parts[k].by_W;
    total.by_b += parts[k].by_b;
  }
  return total;
}

ExactLoss loss_from(const FeatureDistribution& features, const BlockSums& sums) {
  const double T = double(features.data->x.cols());
  ExactLoss loss;
  loss.reconstruction = features.importance.cwiseProduct(sums.active) / T;
  loss.interference = features.importance.cwiseProduct(sums.inactive) / T;
  loss.loss = loss.reconstruction.sum() + loss.interference.sum();
  loss.error = rounding * loss.loss;
  return loss;
}

}  // namespace

ExactLoss data_loss(const ToyModel& model, const FeatureDistribution& features, std::size_t threads) {
  require_data(model, features);
  return loss_from(features, sum_of(model, features, threads, false));
}

LossGradient data_loss_gradient(const ToyModel& model, const FeatureDistribution& features,
                                std::size_t threads) {
  require_data(model, features);
  const BlockSums sums = sum_of(model, features, threads, true);
  const ExactLoss loss = loss_from(features, sums);
  const double T = double(features.data->x.cols());
  return {loss.loss, loss.error, sums.by_W / T, sums.by_b / T, 0};
}

}  // namespace digon
