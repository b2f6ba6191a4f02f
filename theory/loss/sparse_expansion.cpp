#include "theory/loss/sparse_expansion.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "theory/engine/contour.hpp"
#include "theory/law/law.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

/// Stands for couplings of 0: its powers vanish, its quotients do not.
constexpr double least_coupling = 1e-150;

Lanes larger(const Lanes& a, const Lanes& b) {
  return a > b ? a : b;
}
Lanes smaller(const Lanes& a, const Lanes& b) {
  return a < b ? a : b;
}
Lanes positive(const Lanes& a) {
  return a > 0.0 ? a : Lanes{};
}

/// E[max(z, 0)²] of z = u + a x + c y, a ≥ c > 0, and its derivatives by u, a and c.
struct PairMean {
  Lanes value;
  Lanes by_u;
  Lanes by_a;
  Lanes by_c;
};

PairMean pair_mean(const Lanes& u, const Lanes& a, const Lanes& c, const Lanes& inverse_a,
                   const Lanes& inverse_c) {
  const Lanes s = positive(u + a + c);
  const Lanes v = u + a;
  const Lanes e = positive(u + c);
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

/// E[x max(z, 0)] of z = u + A x + g y, A, g > 0, and its derivatives by u, A and g.
struct OwnMean {
  Lanes value;
  Lanes by_u;
  Lanes by_A;
  Lanes by_g;
};

/// Half the derivative of E[max(z, 0)²] by A, from the second derivatives of Q = 12 a E.
OwnMean own_mean(const Lanes& u, const Lanes& A, const Lanes& g, const Lanes& inverse_A,
                 const Lanes& inverse_g) {
  const Lanes a = larger(A, g);
  const Lanes c = smaller(A, g);
  const Lanes inverse_a = smaller(inverse_A, inverse_g);
  const Lanes inverse_c = larger(inverse_A, inverse_g);
  const Lanes v = u + a;
  const Lanes s = positive(v + c);
  const Lanes e = positive(u + c);
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
          is_on ? all_lanes(0.25) : scale * (Q_ac - Q_c * inverse_a)};
}

/// E[max(u + g x, 0)²], g > 0, and its derivatives by u and g.
struct SingleMean {
  Lanes value;
  Lanes by_u;
  Lanes by_g;
};

SingleMean single_mean(const Lanes& u, const Lanes& g, const Lanes& inverse_g) {
  const Lanes end = positive(u + g);
  const Lanes begin = positive(u);
  const Lanes length = u >= 0.0 ? all_lanes(1.0) : end * inverse_g;
  const Lanes value = (1.0 / 3.0) * length * (begin * begin + begin * end + end * end);
  const Lanes by_u = length * (begin + end);
  return {value, by_u, u >= 0.0 ? begin + (2.0 / 3.0) * g : by_u - value * inverse_g};
}

/// The other features of an output, padded to whole vectors with features of weight 0.
class Others {
 public:
  explicit Others(Eigen::Index n)
      : blocks_((std::size_t(n) + lane_count - 1) / lane_count),
        size(blocks_),
        inverse(blocks_),
        below(blocks_),
        weight(blocks_),
        of_one(blocks_),
        number(blocks_),
        by_below(blocks_),
        by_size(blocks_) {
    for (std::size_t i = 0; i < blocks_ * lane_count; ++i) at(number, Eigen::Index(i)) = double(i);
  }

  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  static double& at(std::vector<Lanes>& lanes, Eigen::Index i) {
    return reinterpret_cast<double*>(lanes.data())[i];  // the lanes are doubles side by side
  }

 private:
  std::size_t blocks_;

 public:
  std::vector<Lanes> size;     ///< |g_i|
  std::vector<Lanes> inverse;  ///< 1/|g_i|
  std::vector<Lanes> below;    ///< min(g_i, 0)
  std::vector<Lanes> weight;   ///< p_i
  std::vector<Lanes> of_one;   ///< what f_i counts
  std::vector<Lanes> number;   ///< i
  std::vector<Lanes> by_below;
  std::vector<Lanes> by_size;
};

}  // namespace

LossGradient sparse_expansion(const ToyModel& model, const FeatureDistribution& features) {
  validate(model, features);
  if (model.kind != ModelKind::relu_output || !features.sets.empty() ||
      features.values != ActiveValue::uniform) {
    reject("sparse expansion: {} on features {} given; accepted: relu-output, {}", name_of(model.kind),
           describe_law(features), describe_law(uniform_features(1, 1.0)));
  }
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = model.W.transpose() * model.W;
  const Eigen::VectorXd& p = features.density;
  const double total = p.sum();
  const double squares = p.squaredNorm();
  const double of_none = 1.0 - total + 0.5 * (total * total - squares);  // of f_0
  const Eigen::VectorXd of_one = p.array() * (1.0 - total + p.array());  // of f_i
  Eigen::MatrixXd by_G(n, n);
  LossGradient result;
  result.by_b.resize(n);
  Others others(n);
  Eigen::VectorXd by_first_below(n);  // of pairs i < l, by i; others.by_… has what comes by l
  Eigen::VectorXd by_first_size(n);
  for (Eigen::Index j = 0; j < n; ++j) {
    const double b = model.b[j];
    const double own = std::max(G(j, j), least_coupling);
    for (Eigen::Index i = 0; i < Eigen::Index(others.blocks() * lane_count); ++i) {
      const bool is_other = i < n && i != j;
      const double g = is_other ? G(i, j) : 0.0;
      const double size = std::max(std::abs(g), least_coupling);
      Others::at(others.size, i) = size;
      Others::at(others.inverse, i) = 1.0 / size;
      Others::at(others.below, i) = std::min(g, 0.0);
      Others::at(others.weight, i) = is_other ? p[i] : 0.0;
      Others::at(others.of_one, i) = is_other ? of_one[i] : 0.0;
    }
    std::fill(others.by_below.begin(), others.by_below.end(), Lanes{});
    std::fill(others.by_size.begin(), others.by_size.end(), Lanes{});

    // Two others active: every pair i < l once.
    Lanes loss{};
    Lanes by_b{};
    for (Eigen::Index i = 0; i < n; ++i) {
      const double weight_i = Others::at(others.weight, i);
      by_first_below[i] = by_first_size[i] = 0.0;
      if (weight_i == 0.0) continue;
      const Lanes size_i = all_lanes(Others::at(others.size, i));
      const Lanes inverse_i = all_lanes(Others::at(others.inverse, i));
      const double shift = b + Others::at(others.below, i);
      Lanes by_below_i{};
      Lanes by_size_i{};
      for (std::size_t block = std::size_t(i + 1) / lane_count; block < others.blocks(); ++block) {
        const Lanes weight = others.number[block] > double(i) ? weight_i * others.weight[block] : Lanes{};
        const Lanes& size_l = others.size[block];
        const PairMean mean =
            pair_mean(shift + others.below[block], larger(size_i, size_l), smaller(size_i, size_l),
                      smaller(inverse_i, others.inverse[block]), larger(inverse_i, others.inverse[block]));
        const auto i_is_larger = size_i > size_l;
        const Lanes by_u = weight * mean.by_u;
        const Lanes by_a = weight * mean.by_a;
        const Lanes by_c = weight * mean.by_c;
        loss += weight * mean.value;
        by_b += by_u;
        by_below_i += by_u;
        by_size_i += i_is_larger ? by_a : by_c;
        others.by_below[block] += by_u;
        others.by_size[block] += i_is_larger ? by_c : by_a;
      }
      by_first_below[i] = sum_of(by_below_i);
      by_first_size[i] = sum_of(by_size_i);
    }
    double output_loss = sum_of(loss);
    double output_by_b = sum_of(by_b);
    double by_own = 0.0;

    // None active, and the output's own feature alone.
    const double on = std::max(b, 0.0);
    output_loss += of_none * on * on;
    output_by_b += 2.0 * of_none * on;
    const ActiveErrorSlope alone = active_error_slope(Law{}, b, G(j, j));
    output_loss += of_one[j] * alone.value;
    output_by_b += of_one[j] * alone.by_t;
    by_own += of_one[j] * alone.by_a;

    // One other active, alone or with the output's own: 1/3 − 2 E[x_j max(z, 0)] + E[max(z, 0)²].
    const Lanes own_size = all_lanes(own);
    const Lanes inverse_own = all_lanes(1.0 / own);
    loss = by_b = Lanes{};
    Lanes of_own{};
    for (std::size_t block = 0; block < others.blocks(); ++block) {
      const Lanes& size = others.size[block];
      const Lanes& inverse = others.inverse[block];
      const Lanes u = b + others.below[block];
      const SingleMean single = single_mean(u, size, inverse);
      const PairMean both = pair_mean(u, larger(own_size, size), smaller(own_size, size),
                                      smaller(inverse_own, inverse), larger(inverse_own, inverse));
      const OwnMean product = own_mean(u, own_size, size, inverse_own, inverse);
      const auto own_is_larger = own_size >= size;
      const Lanes weight = p[j] * others.weight[block];
      const Lanes& alone_weight = others.of_one[block];
      loss += alone_weight * single.value + weight * (1.0 / 3.0 - 2.0 * product.value + both.value);
      const Lanes by_u = alone_weight * single.by_u + weight * (both.by_u - 2.0 * product.by_u);
      by_b += by_u;
      of_own += weight * ((own_is_larger ? both.by_a : both.by_c) - 2.0 * product.by_A);
      others.by_below[block] += by_u;
      others.by_size[block] += alone_weight * single.by_g +
                               weight * ((own_is_larger ? both.by_c : both.by_a) - 2.0 * product.by_g);
    }
    output_loss += sum_of(loss);
    output_by_b += sum_of(by_b);
    by_own += sum_of(of_own);

    result.loss += features.importance[j] * output_loss;
    result.by_b[j] = features.importance[j] * output_by_b;
    for (Eigen::Index i = 0; i < n; ++i) {
      const double by_size = by_first_size[i] + Others::at(others.by_size, i);
      const double by_below = by_first_below[i] + Others::at(others.by_below, i);
      by_G(i, j) = features.importance[j] * (i == j ? by_own : G(i, j) < 0.0 ? by_below - by_size : by_size);
    }
  }
  result.error = rounding * result.loss;
  result.by_W = model.W * (by_G + by_G.transpose());
  return result;
}

}  // namespace digon
