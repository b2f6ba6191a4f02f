#include "theory/loss/plane_loss.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"

namespace digon {
namespace {

constexpr Eigen::Index leaf_points = 32;  ///< at most
using LeafArray = Eigen::Array<double, Eigen::Dynamic, 1, Eigen::ColMajor, leaf_points, 1>;

/// Some hidden vectors h_t, next to each other in the tree's order, and their slopes ∂L/∂h_t as far as they
/// are the same function A (h_t − c) + v for all.
struct Box {
  Eigen::Index begin = 0;
  Eigen::Index end = 0;
  std::size_t second = 0;  ///< the number of its second half, the first is the next box; 0 of a leaf
  Eigen::Vector2d center;  ///< c
  Eigen::Vector2d extent;  ///< half the sides
  Eigen::Vector2d sum = Eigen::Vector2d::Zero();     ///< Σ (h_t − c)
  Eigen::Matrix2d square = Eigen::Matrix2d::Zero();  ///< Σ (h_t − c)(h_t − c)ᵀ
  Eigen::Matrix2d slope_A = Eigen::Matrix2d::Zero();
  Eigen::Vector2d slope_v = Eigen::Vector2d::Zero();

  [[nodiscard]] double count() const { return double(end - begin); }
};

/// Σ over the samples an output is on for.
struct OutputSums {
  double square = 0.0;                             ///< Σ z²
  double linear = 0.0;                             ///< Σ z
  Eigen::Vector2d by_h = Eigen::Vector2d::Zero();  ///< Σ z h_t
};

/// Hidden vectors as boxes within boxes: halved at the median of the longer side.
class BoxTree {
 public:
  explicit BoxTree(const Eigen::Matrix2Xd& hidden) : order_(std::size_t(hidden.cols())) {
    std::iota(order_.begin(), order_.end(), Eigen::Index(0));
    halve(hidden, 0, hidden.cols());
    x_.resize(hidden.cols());
    y_.resize(hidden.cols());
    for (std::size_t k = 0; k < order_.size(); ++k) {
      x_[Eigen::Index(k)] = hidden(0, order_[k]);
      y_[Eigen::Index(k)] = hidden(1, order_[k]);
    }
    slope_x_ = Eigen::ArrayXd::Zero(hidden.cols());
    slope_y_ = Eigen::ArrayXd::Zero(hidden.cols());
    for (Box& box : boxes_) {
      for (Eigen::Index k = box.begin; k < box.end; ++k) {
        const Eigen::Vector2d d = Eigen::Vector2d(x_[k], y_[k]) - box.center;
        box.sum += d;
        box.square += d * d.transpose();
      }
    }
  }

  /// The sums of the output max(w·h + b, 0); half their slopes by h are noted.
  OutputSums sums(const Eigen::Vector2d& w, double b) {
    OutputSums sums;
    add(0, w, b, sums);
    return sums;
  }

  /// Half the slopes of all outputs' squares by h, a column a sample in the samples' order.
  Eigen::Matrix2Xd half_slopes() {
    for (const Box& box : boxes_) {
      for (Eigen::Index k = box.begin; k < box.end; ++k) {
        const Eigen::Vector2d v = box.slope_v + box.slope_A * (Eigen::Vector2d(x_[k], y_[k]) - box.center);
        slope_x_[k] += v[0];
        slope_y_[k] += v[1];
      }
    }
    Eigen::Matrix2Xd slopes(2, x_.size());
    for (std::size_t k = 0; k < order_.size(); ++k)
      slopes.col(order_[k]) << slope_x_[Eigen::Index(k)], slope_y_[Eigen::Index(k)];
    return slopes;
  }

 private:
  void halve(const Eigen::Matrix2Xd& hidden, Eigen::Index begin, Eigen::Index end) {
    const std::size_t number = boxes_.size();
    Box& box = boxes_.emplace_back();
    box.begin = begin;
    box.end = end;
    Eigen::Vector2d least = hidden.col(order_[std::size_t(begin)]);
    Eigen::Vector2d greatest = least;
    for (Eigen::Index k = begin; k < end; ++k) {
      least = least.cwiseMin(hidden.col(order_[std::size_t(k)]));
      greatest = greatest.cwiseMax(hidden.col(order_[std::size_t(k)]));
    }
    box.center = 0.5 * (least + greatest);
    box.extent = 0.5 * (greatest - least);
    if (end - begin <= leaf_points) return;
    const Eigen::Index side = box.extent[0] > box.extent[1] ? 0 : 1;
    const Eigen::Index middle = begin + (end - begin) / 2;
    std::nth_element(order_.begin() + begin, order_.begin() + middle, order_.begin() + end,
                     [&](Eigen::Index s, Eigen::Index t) { return hidden(side, s) < hidden(side, t); });
    halve(hidden, begin, middle);
    boxes_[number].second = boxes_.size();
    halve(hidden, middle, end);
  }

  void add(std::size_t number, const Eigen::Vector2d& w, double b, OutputSums& sums) {
    Box& box = boxes_[number];
    const double z = w.dot(box.center) + b;
    const double reach = w.cwiseAbs().dot(box.extent);
    if (z + reach <= 0.0) return;
    if (z - reach >= 0.0) return add_whole(box, w, z, sums);
    if (box.second == 0) return add_leaf(box, w, b, sums);
    add(number + 1, w, b, sums);
    add(box.second, w, b, sums);
  }

  /// z + w·d of every d = h_t − c.
  static void add_whole(Box& box, const Eigen::Vector2d& w, double z, OutputSums& sums) {
    const Eigen::Vector2d by_d = box.square * w + z * box.sum;
    const double linear = w.dot(box.sum) + z * box.count();
    sums.square += w.dot(by_d) + z * linear;
    sums.linear += linear;
    sums.by_h += by_d + linear * box.center;
    box.slope_A += w * w.transpose();
    box.slope_v += z * w;
  }

  void add_leaf(const Box& box, const Eigen::Vector2d& w, double b, OutputSums& sums) {
    const Eigen::Index count = box.end - box.begin;
    const auto x = x_.segment(box.begin, count);
    const auto y = y_.segment(box.begin, count);
    const LeafArray z = (w[0] * x + w[1] * y + b).max(0.0);
    sums.square += z.square().sum();
    sums.linear += z.sum();
    sums.by_h += Eigen::Vector2d((z * x).sum(), (z * y).sum());
    slope_x_.segment(box.begin, count) += w[0] * z;
    slope_y_.segment(box.begin, count) += w[1] * z;
  }

  std::vector<Eigen::Index> order_;  ///< of the samples
  Eigen::ArrayXd x_;
  Eigen::ArrayXd y_;
  Eigen::ArrayXd slope_x_;
  Eigen::ArrayXd slope_y_;
  std::vector<Box> boxes_;
};

void require_plane(const ToyModel& model, const Eigen::SparseMatrix<double>& x) {
  validate(model);
  if (model.kind != ModelKind::relu_output || model.hidden() != 2)
    reject("samples: a ReLU output model in two dimensions is accepted");
  if (x.rows() != model.features() || x.cols() == 0)
    reject("samples: of other features than the model's, or none");
}

}  // namespace

LossGradient plane_loss(const ToyModel& model, const Eigen::SparseMatrix<double>& x) {
  require_plane(model, x);
  throw_if_given_up();
  using Entry = Eigen::SparseMatrix<double>::InnerIterator;
  const Eigen::Index T = x.cols();
  Eigen::Matrix2Xd hidden = Eigen::Matrix2Xd::Zero(2, T);
  for (Eigen::Index t = 0; t < T; ++t) {
    for (Entry entry(x, t); entry; ++entry) hidden.col(t) += entry.value() * model.W.col(entry.row());
  }
  LossGradient loss;
  loss.by_W.resize(2, model.features());
  loss.by_b.resize(model.features());
  BoxTree tree(hidden);
  double sizes = 0.0;
  for (Eigen::Index j = 0; j < model.features(); ++j) {
    const OutputSums sums = tree.sums(model.W.col(j), model.b[j]);
    sizes += sums.square;
    loss.by_b[j] = sums.linear;
    loss.by_W.col(j) = sums.by_h;
  }
  Eigen::Matrix2Xd by_hidden = tree.half_slopes();
  loss.loss = sizes;
  for (Eigen::Index t = 0; t < T; ++t) {
    for (Entry entry(x, t); entry; ++entry) {
      const Eigen::Index j = entry.row();
      const double output = std::max(model.W.col(j).dot(hidden.col(t)) + model.b[j], 0.0);
      loss.loss += entry.value() * (entry.value() - 2.0 * output);
      sizes += entry.value() * (entry.value() + 2.0 * output);
      if (output == 0.0) continue;
      loss.by_b[j] -= entry.value();
      loss.by_W.col(j) -= entry.value() * hidden.col(t);
      by_hidden.col(t) -= entry.value() * model.W.col(j);
    }
  }
  for (Eigen::Index t = 0; t < T; ++t) {
    for (Entry entry(x, t); entry; ++entry) loss.by_W.col(entry.row()) += entry.value() * by_hidden.col(t);
  }
  loss.loss /= double(T);
  loss.error = 1e-15 * sizes / double(T);
  loss.by_W *= 2.0 / double(T);
  loss.by_b *= 2.0 / double(T);
  return loss;
}

}  // namespace digon
