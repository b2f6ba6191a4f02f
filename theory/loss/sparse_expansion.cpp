#include "theory/loss/sparse_expansion.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "theory/engine/contour.hpp"
#include "theory/law/law.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

/// Stands for couplings of 0: its powers vanish, its quotients do not.
constexpr double least_coupling = 1e-150;

/// E[max(z, 0)²] of z = u + a x + c y, a ≥ c > 0, and its derivatives by u, a and c.
struct PairMean {
  Lanes value;
  Lanes by_u;
  Lanes by_a;
  Lanes by_c;
};

PairMean pair_mean(const Lanes& u, const Lanes& a, const Lanes& c, const Lanes& inverse_a,
                   const Lanes& inverse_c) {
  const Lanes s = positive_part<double>(u + a + c);
  const Lanes v = u + a;
  const Lanes e = positive_part<double>(u + c);
  // Q = 12 a E and its derivatives; `near` where v < 0.
  const Lanes s2c = s * s * inverse_c;
  const Lanes near_u = 4.0 * s * s2c;
  const Lanes near_Q = s * s * s2c;
  const Lanes e2c = e * e * inverse_c;
  const Lanes e3c = 4.0 * e * e2c;
  const Lanes e4c = e * e * e2c;
  const Lanes far_a = 12.0 * v * (v + c) + 4.0 * c * c;
  const Lanes far_Q = v * (v * (4.0 * v + 6.0 * c) + 4.0 * c * c) + c * c * c - e4c;
  const Lanes far_c = v * (6.0 * v + 8.0 * c) + 3.0 * c * c - e3c + e4c * inverse_c;
  const auto is_near = v < 0.0;
  const Lanes Q = is_near ? near_Q : far_Q;
  const Lanes Q_u = is_near ? near_u : far_a - e3c;
  const Lanes Q_a = is_near ? near_u : far_a;
  const Lanes Q_c = is_near ? near_u - near_Q * inverse_c : far_c;
  const Lanes scale = (1.0 / 12.0) * inverse_a;
  // Always on: a quadratic.
  const Lanes mean = u + 0.5 * (a + c);
  const auto is_on = u >= 0.0;
  return {is_on ? mean * mean + (1.0 / 12.0) * (a * a + c * c) : scale * Q,
          is_on ? 2.0 * mean : scale * Q_u,  //
          is_on ? mean + (1.0 / 6.0) * a : scale * (Q_a - Q * inverse_a),
          is_on ? mean + (1.0 / 6.0) * c : scale * Q_c};
}

/// E[x max(z, 0)] of z = u + A x + g y, A, g > 0, and its derivatives by u, A and g; and the derivatives of
/// E[max(z, 0)] by u and g, that by A being by_u.
struct OwnMean {
  Lanes value;
  Lanes by_u;
  Lanes by_A;
  Lanes by_g;
  Lanes mean_by_u;
  Lanes mean_by_g;
};

/// Half the derivative of E[max(z, 0)²] by A, from the second derivatives of Q = 12 a E.
OwnMean own_mean(const Lanes& u, const Lanes& A, const Lanes& g, const Lanes& inverse_A,
                 const Lanes& inverse_g) {
  const Lanes a = larger(A, g);
  const Lanes c = smaller(A, g);
  const Lanes inverse_a = smaller(inverse_A, inverse_g);
  const Lanes inverse_c = larger(inverse_A, inverse_g);
  const Lanes v = u + a;
  const Lanes s = positive_part<double>(v + c);
  const Lanes e = positive_part<double>(u + c);
  const auto is_near = v < 0.0;
  const Lanes r = is_near ? s : e;
  const Lanes r2 = r * r * inverse_c;
  const Lanes r3 = r * r2;
  const Lanes r4 = r * r3;
  const Lanes r3c = r3 * inverse_c;
  const Lanes r4c = r4 * inverse_c;
  const Lanes r4cc = r4c * inverse_c;
  const Lanes far_a = 12.0 * v * (v + c) + 4.0 * c * c;
  const Lanes Q = is_near ? r4 : v * (v * (4.0 * v + 6.0 * c) + 4.0 * c * c) + c * c * c - r4;
  const Lanes Q_a = is_near ? 4.0 * r3 : far_a;
  const Lanes Q_u = is_near ? 4.0 * r3 : far_a - 4.0 * r3;
  const Lanes Q_c = is_near ? 4.0 * r3 - r4c : v * (6.0 * v + 8.0 * c) + 3.0 * c * c - 4.0 * r3 + r4c;
  const Lanes Q_aa = is_near ? 12.0 * r2 : 24.0 * v + 12.0 * c;  // and by a and u
  const Lanes Q_ac = is_near ? 12.0 * r2 - 4.0 * r3c : 12.0 * v + 8.0 * c;
  const Lanes Q_uc = is_near ? Q_ac : Q_ac - 12.0 * r2 + 4.0 * r3c;
  const Lanes Q_cc =
      is_near ? 12.0 * r2 - 8.0 * r3c + 2.0 * r4cc : 8.0 * v + 6.0 * c - 12.0 * r2 + 8.0 * r3c - 2.0 * r4cc;
  const Lanes scale = (1.0 / 24.0) * inverse_a;
  const Lanes by_a = Q_a - Q * inverse_a;
  const auto own_is_larger = A >= g;
  const auto is_on = u >= 0.0;
  return {is_on ? 0.5 * u + (1.0 / 3.0) * A + 0.25 * g : scale * (own_is_larger ? by_a : Q_c),
          is_on ? all_lanes(0.5) : scale * (own_is_larger ? Q_aa - Q_u * inverse_a : Q_uc),
          is_on ? all_lanes(1.0 / 3.0) : scale * (own_is_larger ? Q_aa - 2.0 * by_a * inverse_a : Q_cc),
          is_on ? all_lanes(0.25) : scale * (Q_ac - Q_c * inverse_a),
          is_on ? all_lanes(1.0) : scale * (is_near ? Q_aa : Q_aa - 12.0 * r2),
          is_on ? all_lanes(0.5) : scale * (own_is_larger ? Q_uc : Q_aa - Q_u * inverse_a)};
}

/// E[max(u + g x, 0)²], g > 0, and its derivatives by u and g.
struct SingleMean {
  Lanes value;
  Lanes by_u;
  Lanes by_g;
};

SingleMean single_mean(const Lanes& u, const Lanes& g, const Lanes& inverse_g) {
  const Lanes end = positive_part<double>(u + g);
  const Lanes begin = positive_part<double>(u);
  const Lanes length = u >= 0.0 ? all_lanes(1.0) : end * inverse_g;
  const Lanes value = (1.0 / 3.0) * length * (begin * begin + begin * end + end * end);
  const Lanes by_u = length * (begin + end);
  return {value, by_u, u >= 0.0 ? begin + (2.0 / 3.0) * g : by_u - value * inverse_g};
}

/// One output j: what is given of it, feature by feature in vectors padded with features of weight 0, and its
/// share of the loss with derivatives as it is summed up.
class Output {
 public:
  Output(Eigen::Index n, const ActiveValue& values)
      : n_(n),
        least_(values.least),
        greatest_(values.greatest),
        width_(values.greatest - values.least),
        law_(law_of(values)),
        blocks_((std::size_t(n) + lane_count - 1) / lane_count),
        size_(blocks_),
        inverse_(blocks_),
        below_(blocks_),
        pair_weight_(blocks_),
        single_weight_(blocks_),
        number_(blocks_),
        by_below_(blocks_),
        by_size_(blocks_),
        by_below_first_(n),
        by_size_first_(n) {
    for (std::size_t i = 0; i < blocks_ * lane_count; ++i) at(number_, Eigen::Index(i)) = double(i);
  }

  /// Begins with output j of couplings G_j [n], none but its own feature active: of_none f_0 + of_one[j] f_j.
  void begin(Eigen::Index j, double b, const Eigen::VectorXd& g, const Eigen::VectorXd& density,
             double of_none, const Eigen::VectorXd& of_one) {
    b_ = b;
    own_below_ = least_ * g[j];
    own_ = std::max(width_ * g[j], least_coupling);
    own_density_ = density[j];
    for (Eigen::Index i = 0; i < Eigen::Index(blocks_ * lane_count); ++i) {
      const bool is_other = i < n_ && i != j;
      const double size = is_other ? std::max(width_ * std::abs(g[i]), least_coupling) : least_coupling;
      at(size_, i) = size;
      at(inverse_, i) = 1.0 / size;
      at(below_, i) = is_other ? std::min(least_ * g[i], greatest_ * g[i]) : 0.0;
      at(pair_weight_, i) = is_other ? density[i] : 0.0;
      at(single_weight_, i) = is_other ? of_one[i] : 0.0;
    }
    std::fill(by_below_.begin(), by_below_.end(), Lanes{});
    std::fill(by_size_.begin(), by_size_.end(), Lanes{});
    const double on = std::max(b, 0.0);
    const ActiveErrorSlope alone = active_error_slope(law_, b, g[j]);
    loss_ = of_none * on * on + of_one[j] * alone.value;
    by_b_ = 2.0 * of_none * on + of_one[j] * alone.by_t;
    by_own_ = of_one[j] * alone.by_a;
  }

  /// Two others active: every pair i < l once.
  void add_pairs() {
    Lanes loss{};
    Lanes by_b{};
    for (Eigen::Index i = 0; i < n_; ++i) {
      const double weight_i = at(pair_weight_, i);
      const Lanes size_i = all_lanes(at(size_, i));
      const Lanes inverse_i = all_lanes(at(inverse_, i));
      const double shift = b_ + at(below_, i);
      Lanes by_below_i{};
      Lanes by_size_i{};
      for (std::size_t k = std::size_t(i + 1) / lane_count; weight_i > 0.0 && k < blocks_; ++k) {
        const Lanes weight = number_[k] > double(i) ? weight_i * pair_weight_[k] : Lanes{};
        const PairMean mean =
            pair_mean(shift + below_[k], larger(size_i, size_[k]), smaller(size_i, size_[k]),
                      smaller(inverse_i, inverse_[k]), larger(inverse_i, inverse_[k]));
        const auto i_is_larger = size_i > size_[k];
        const Lanes by_u = weight * mean.by_u;
        const Lanes by_a = weight * mean.by_a;
        const Lanes by_c = weight * mean.by_c;
        loss += weight * mean.value;
        by_b += by_u;
        by_below_i += by_u;
        by_size_i += i_is_larger ? by_a : by_c;
        by_below_[k] += by_u;
        by_size_[k] += i_is_larger ? by_c : by_a;
      }
      by_below_first_[i] = sum_of(by_below_i);
      by_size_first_[i] = sum_of(by_size_i);
    }
    loss_ += sum_of(loss);
    by_b_ += sum_of(by_b);
  }

  /// One other active, alone or with the output's own: E[(x_j − max(z, 0))²] = E[x²] − 2 E[x_j max(z, 0)] +
  /// E[max(z, 0)²], x_j the least value and a part of the width.
  void add_singles() {
    const Lanes own = all_lanes(own_);
    const Lanes inverse_own = all_lanes(1.0 / own_);
    const double mean_square = scaled_moment(law_, 1.0, 2);
    Lanes loss{};
    Lanes by_b{};
    Lanes by_own{};
    for (std::size_t k = 0; k < blocks_; ++k) {
      const Lanes u = b_ + below_[k];
      const SingleMean single = single_mean(u, size_[k], inverse_[k]);
      const Lanes v = u + own_below_;
      const PairMean both = pair_mean(v, larger(own, size_[k]), smaller(own, size_[k]),
                                      smaller(inverse_own, inverse_[k]), larger(inverse_own, inverse_[k]));
      const OwnMean part = own_mean(v, own, size_[k], inverse_own, inverse_[k]);
      const auto own_is_larger = own >= size_[k];
      const Lanes weight = own_density_ * pair_weight_[k];
      // E[x_j max(z, 0)] and its derivatives
      const Lanes product = 0.5 * least_ * both.by_u + width_ * part.value;
      const Lanes product_by_u = least_ * part.mean_by_u + width_ * part.by_u;
      const Lanes product_by_size = least_ * part.mean_by_g + width_ * part.by_g;
      const Lanes product_by_own = least_ * part.by_u + width_ * part.by_A;
      loss += single_weight_[k] * single.value + weight * (mean_square - 2.0 * product + both.value);
      const Lanes by_v = weight * (both.by_u - 2.0 * product_by_u);
      const Lanes by_u = single_weight_[k] * single.by_u + by_v;
      by_b += by_u;
      by_own +=
          least_ * by_v + width_ * weight * ((own_is_larger ? both.by_a : both.by_c) - 2.0 * product_by_own);
      by_below_[k] += by_u;
      by_size_[k] += single_weight_[k] * single.by_g +
                     weight * ((own_is_larger ? both.by_c : both.by_a) - 2.0 * product_by_size);
    }
    loss_ += sum_of(loss);
    by_b_ += sum_of(by_b);
    by_own_ += sum_of(by_own);
  }

  [[nodiscard]] double loss() const { return loss_; }
  [[nodiscard]] double by_b() const { return by_b_; }
  [[nodiscard]] double by_own() const { return by_own_; }
  /// The derivative by the coupling g_i, of which the least of g_i x and its width are made.
  [[nodiscard]] double by_coupling(Eigen::Index i, double g) {
    const double by_below = by_below_first_[i] + at(by_below_, i);
    const double by_size = width_ * (by_size_first_[i] + at(by_size_, i));
    return g < 0.0 ? greatest_ * by_below - by_size : least_ * by_below + by_size;
  }

 private:
  static double& at(std::vector<Lanes>& lanes, Eigen::Index i) {
    return reinterpret_cast<double*>(lanes.data())[i];  // the lanes are doubles side by side
  }

  Eigen::Index n_;
  double least_;  // of x
  double greatest_;
  double width_;
  Law law_;
  std::size_t blocks_;
  std::vector<Lanes> size_;           // the width of g_i x
  std::vector<Lanes> inverse_;        // 1 over it
  std::vector<Lanes> below_;          // the least g_i x
  std::vector<Lanes> pair_weight_;    // p_i
  std::vector<Lanes> single_weight_;  // what f_i counts
  std::vector<Lanes> number_;         // i
  std::vector<Lanes> by_below_;
  std::vector<Lanes> by_size_;
  Eigen::VectorXd by_below_first_;  // of pairs i < l by i; the vectors above have what comes by l
  Eigen::VectorXd by_size_first_;
  double b_ = 0.0;
  double own_ = 0.0;        // the width of G_jj x
  double own_below_ = 0.0;  // the least
  double own_density_ = 0.0;
  double loss_ = 0.0;
  double by_b_ = 0.0;
  double by_own_ = 0.0;
};

}  // namespace

LossGradient sparse_expansion(const ToyModel& model, const FeatureDistribution& features) {
  validate(model, features);
  if (model.kind != ModelKind::relu_output || !features.are_independent()) {
    reject("sparse expansion: {} on features {} given; accepted: relu-output, independent features",
           name_of(model.kind), describe_law(features));
  }
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = gram(model.W);
  const Eigen::VectorXd& p = features.density;
  const double total = p.sum();
  const double of_none = 1.0 - total + 0.5 * (total * total - p.squaredNorm());
  const Eigen::VectorXd of_one = p.array() * (1.0 - total + p.array());
  LossGradient result;
  result.by_b.resize(n);
  Eigen::MatrixXd by_G(n, n);
  Output output(n, features.values);
  for (Eigen::Index j = 0; j < n; ++j) {
    const double importance = features.importance[j];
    output.begin(j, model.b[j], G.col(j), p, of_none, of_one);
    output.add_pairs();
    output.add_singles();
    result.loss += importance * output.loss();
    result.by_b[j] = importance * output.by_b();
    for (Eigen::Index i = 0; i < n; ++i) {
      by_G(i, j) = importance * (i == j ? output.by_own() : output.by_coupling(i, G(i, j)));
    }
  }
  result.error = rounding * result.loss;
  result.by_W = product(model.W, by_G + by_G.transpose());
  return result;
}

}  // namespace digon
