#include "theory/engine/hidden_relu_cones.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/parallel.hpp"
#include "theory/engine/simplex_square.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

using Index = Eigen::Index;

// ---- one active feature ----

/// What neurons hear of feature i along a ray, at its end [m].
Eigen::VectorXd input_of(const HiddenReluNetwork& network, Index i, const FeatureRay& ray) {
  return network.W.col(i) * ray.extent;
}

/// Calls visit(ray, input [m], slope g [n]) for each ray of feature i: output j is max(b_j + g_j u, 0).
template <typename Visit>
void for_each_ray(const HiddenReluNetwork& network, Index i, Visit visit) {
  for (const FeatureRay& ray : network.rays) {
    const Eigen::VectorXd input = input_of(network, i, ray);
    visit(ray, input, Eigen::VectorXd(network.D * input.cwiseMax(0.0)));
  }
}

double single_error(const HiddenReluNetwork& network, const FeatureRay& ray, Index j, bool own, double g) {
  return network.importance[j] *
         square_on_simplex<2>({0.0, own ? ray.target : 0.0}, {network.b[j], network.b[j] + g}, 1.0);
}

// ---- pairs, output by output on lanes ----

/// A vertex of a triangle of many outputs: z, and where it lies.
struct Vertex {
  Lanes z;
  Lanes x;
  Lanes y;
};

template <bool gradient>
void order(Vertex& high, Vertex& low) {
  const auto wrong = high.z < low.z;
  const auto exchange = [&](Lanes& a, Lanes& b) {
    const Lanes kept = a;
    a = wrong ? b : a;
    b = wrong ? kept : b;
  };
  exchange(high.z, low.z);
  if constexpr (gradient) {
    exchange(high.x, low.x);
    exchange(high.y, low.y);
  }
}

/// ∫ max(z, 0)², and with z₊ = max(z, 0) the moments ∫ z₊, ∫ z₊ x, ∫ z₊ y, of a triangle of volume 1.
struct TriangleSums {
  Lanes square;
  Lanes moment;
  Lanes by_x;
  Lanes by_y;
};

/// The formula of simplex_square.hpp with t = 0, without branches. Sorted, z = (high, mid, low); the cut on
/// the edge high–low leaves shares λ and μ of the volume. The upper part is cut once more where mid < 0,
/// which leaves λ₃ of it; the lower one where mid > 0, which leaves λ₂.
template <bool gradient>
TriangleSums sums_over_triangle(Vertex high, Vertex mid, Vertex low) {
  order<gradient>(high, mid);
  order<gradient>(mid, low);
  order<gradient>(high, mid);
  const Lanes zero{};
  const Lanes tiny = all_lanes(1e-300);
  const Lanes h = larger(high.z, zero);
  const Lanes m = larger(mid.z, zero);
  const Lanes l = larger(low.z, zero);
  const Lanes below_m = smaller(mid.z, zero);
  const Lanes below_l = smaller(low.z, zero);
  const Lanes inverse = 1.0 / larger(h - below_l, tiny);
  const Lanes lambda = h * inverse;
  const Lanes mu = -below_l * inverse;
  const Lanes inverse_2 = 1.0 / larger(m - below_l, tiny);
  const Lanes lambda_2 = m * inverse_2;
  const Lanes inverse_3 = 1.0 / larger(h - below_m, tiny);
  const Lanes lambda_3 = h * inverse_3;
  const Lanes upper = lambda * lambda_3 * (1.0 / 12.0);
  const Lanes lower = mu * lambda_2 * (1.0 / 12.0);
  const Lanes sum = h + m + l;
  TriangleSums sums{};
  sums.square = upper * (h * h + m * m + l * l + sum * sum) + lower * (2.0 * m * m);
  if constexpr (gradient) {
    const Lanes mu_2 = -below_l * inverse_2;
    const Lanes mu_3 = -below_m * inverse_3;
    // ∫ z₊ φ_v of the linear functions φ_v that are 1 at vertex v and 0 at the others.
    const Lanes at_high = upper * (h + sum * (1.0 + mu_3 + mu)) + lower * (m * mu);
    const Lanes at_mid = upper * lambda_3 * (m + sum) + lower * (m * (2.0 + mu_2));
    const Lanes at_low = upper * lambda * (l + sum) + lower * (m * (lambda + lambda_2));
    sums.moment = at_high + at_mid + at_low;
    sums.by_x = at_high * high.x + at_mid * mid.x + at_low * low.x;
    sums.by_y = at_high * high.y + at_mid * mid.y + at_low * low.y;
  }
  return sums;
}

/// A point of the edge of the unit square, and the neuron that turns on or off along the ray to it.
struct EdgePoint {
  double key = 0.0;  ///< along the edge from (1, 0), 0, over (1, 1), 1, to (0, 1), 2
  double x = 1.0;
  double y = 0.0;
  Index neuron = -1;
};

/// Sums over pairs, gathered by one thread.
template <bool gradient>
class PairSums {
 public:
  explicit PairSums(const HiddenReluNetwork& network)
      : network_(network),
        n_(network.features()),
        m_(network.hidden()),
        padded_((n_ + Index(lane_count) - 1) / Index(lane_count) * Index(lane_count)) {
    const auto padded_vector = [&](const Eigen::VectorXd& values) {
      Eigen::VectorXd wide = Eigen::VectorXd::Zero(padded_);
      wide.head(n_) = values;
      return wide;
    };
    b_ = padded_vector(network.b);
    others_ = padded_vector(network.importance);
    D_ = Eigen::MatrixXd::Zero(padded_, m_);
    D_.topRows(n_) = network.D;
    alpha_ = beta_ = Eigen::VectorXd::Zero(padded_);
    A_ = B_ = Eigen::VectorXd::Zero(m_);
    if constexpr (gradient) {
      by_D_ = Eigen::MatrixXd::Zero(padded_, m_);
      by_W_ = Eigen::MatrixXd::Zero(m_, n_);
      by_b_ = Eigen::VectorXd::Zero(padded_);
      moments_x_.resize(padded_, m_ + 2);
      moments_y_.resize(padded_, m_ + 2);
      sum_x_ = sum_y_ = Eigen::VectorXd::Zero(padded_);
    }
  }

  /// Adds the loss of the pair, weighted, over all quadrants.
  void add_pair(Index i, Index l, double weight) {
    others_[i] = others_[l] = 0.0;  // whose target is not 0
    for (const FeatureRay& first : network_.rays) {
      for (const FeatureRay& second : network_.rays) {
        add_quadrant(i, l, first, second, weight * first.probability * second.probability);
      }
    }
    others_[i] = network_.importance[i];
    others_[l] = network_.importance[l];
  }

  [[nodiscard]] double value() const { return value_; }
  void add_gradient_to(double weight, HiddenReluGradient& sum) const {
    sum.by_W += weight * by_W_;
    sum.by_D += weight * by_D_.topRows(n_);
    sum.by_b += weight * by_b_.head(n_);
  }

 private:
  void add_quadrant(Index i, Index l, const FeatureRay& first, const FeatureRay& second, double weight) {
    A_ = network_.W.col(i) * first.extent;
    B_ = network_.W.col(l) * second.extent;
    find_edge_points();
    alpha_.setZero();
    beta_.setZero();
    for (Index a = 0; a < m_; ++a) {
      if (is_on_at_first(a)) turn(a, 1.0);
    }
    sectors_ = 0;
    for (std::size_t k = 0; k + 1 < points_.size(); ++k) {
      const EdgePoint& P = points_[k];
      const EdgePoint& Q = points_[k + 1];
      if (k > 0 && P.neuron >= 0) turn(P.neuron, is_on_at_first(P.neuron) ? -1.0 : 1.0);
      const double volume = 0.5 * (Q.key <= 1.0 ? Q.y - P.y : P.x - Q.x);
      add_sector(P, Q, std::max(volume, 0.0) * weight, i, l, first.target, second.target);
    }
    if constexpr (gradient) {
      pass_back();
      by_W_.col(i) += first.extent * by_A_;
      by_W_.col(l) += second.extent * by_B_;
    }
  }

  [[nodiscard]] bool is_on_at_first(Index a) const { return A_[a] > 0.0 || (A_[a] == 0.0 && B_[a] > 0.0); }
  [[nodiscard]] bool has_ray(Index a) const {
    return (A_[a] > 0.0 && B_[a] < 0.0) || (A_[a] < 0.0 && B_[a] > 0.0);
  }

  void find_edge_points() {
    points_.clear();
    points_.push_back({0.0, 1.0, 0.0});
    points_.push_back({1.0, 1.0, 1.0});
    points_.push_back({2.0, 0.0, 1.0});
    for (Index a = 0; a < m_; ++a) {
      if (!has_ray(a)) continue;
      const double A = std::abs(A_[a]);
      const double B = std::abs(B_[a]);
      points_.push_back(A <= B ? EdgePoint{A / B, 1.0, A / B, a} : EdgePoint{2.0 - B / A, B / A, 1.0, a});
    }
    // A ray along an axis, where a quotient underflowed, stays behind the axis itself, or before it.
    std::stable_sort(points_.begin() + 1, points_.end(), [](const EdgePoint& P, const EdgePoint& Q) {
      return P.key < Q.key || (P.key == Q.key && P.key == 2.0 && P.neuron >= 0 && Q.neuron < 0);
    });
  }

  /// Adds a neuron to the slopes of all outputs, or takes it from them.
  void turn(Index a, double sign) {
    const double A = sign * A_[a];
    const double B = sign * B_[a];
    for (Index j = 0; j < padded_; ++j) {
      alpha_[j] += A * D_(j, a);
      beta_[j] += B * D_(j, a);
    }
  }

  void add_sector(const EdgePoint& P, const EdgePoint& Q, double volume, Index i, Index l, double target_i,
                  double target_l) {
    Lanes squares{};
    for (Index j = 0; j < padded_; j += Index(lane_count)) {
      const Lanes b = simd_at(b_.data() + j);
      const Lanes alpha = simd_at(alpha_.data() + j);
      const Lanes beta = simd_at(beta_.data() + j);
      const auto vertex = [&](double x, double y) {
        return Vertex{b + (alpha * x + beta * y), all_lanes(x), all_lanes(y)};
      };
      const TriangleSums sums =
          sums_over_triangle<gradient>({b, Lanes{}, Lanes{}}, vertex(P.x, P.y), vertex(Q.x, Q.y));
      const Lanes importance = simd_at(others_.data() + j);
      squares += importance * sums.square;
      if constexpr (gradient) {
        const Lanes factor = 2.0 * volume * importance;
        add_simd(by_b_.data() + j, factor * sums.moment);
        put_simd(&moments_x_(j, sectors_), factor * sums.by_x);
        put_simd(&moments_y_(j, sectors_), factor * sums.by_y);
      }
    }
    value_ += volume * sum_of(squares);
    add_target(i, {0.0, target_i * P.x, target_i * Q.x}, P, Q, volume);
    add_target(l, {0.0, target_l * P.y, target_l * Q.y}, P, Q, volume);
    ++sectors_;
  }

  /// The output of an active feature.
  void add_target(Index j, const AtVertices<3>& t, const EdgePoint& P, const EdgePoint& Q, double volume) {
    const double b = b_[j];
    const AtVertices<3> z{b, b + (alpha_[j] * P.x + beta_[j] * P.y), b + (alpha_[j] * Q.x + beta_[j] * Q.y)};
    const double importance = network_.importance[j];
    value_ += importance * square_on_simplex<3>(t, z, volume);
    if constexpr (gradient) {
      std::array<double, 3> moments{};
      add_moments_on_simplex<3, 3>(t, z, {{{1.0, 1.0, 1.0}, {0.0, P.x, Q.x}, {0.0, P.y, Q.y}}}, volume,
                                   moments);
      by_b_[j] -= 2.0 * importance * moments[0];
      moments_x_(j, sectors_) = -2.0 * importance * moments[1];
      moments_y_(j, sectors_) = -2.0 * importance * moments[2];
    }
  }

  /// From ∂/∂z, times x and y, of each output and sector to the parameters. A neuron is on from the first
  /// axis to its ray or from there to the second, so that sums from either end, in which nothing cancels,
  /// are what it hears.
  void pass_back() {
    by_A_ = by_B_ = Eigen::VectorXd::Zero(m_);
    const auto hear = [&](Index a) {
      by_D_.col(a) += A_[a] * sum_x_ + B_[a] * sum_y_;
      by_A_[a] = D_.col(a).dot(sum_x_);
      by_B_[a] = D_.col(a).dot(sum_y_);
    };
    const auto add = [&](Index sector) {
      sum_x_ += moments_x_.col(sector);
      sum_y_ += moments_y_.col(sector);
    };
    sum_x_.setZero();
    sum_y_.setZero();
    for (Index k = 0; k < sectors_; ++k) {
      add(k);
      const Index a = points_[std::size_t(k) + 1].neuron;
      if (a >= 0 && is_on_at_first(a)) hear(a);
    }
    for (Index a = 0; a < m_; ++a) {
      if (is_on_at_first(a) && !has_ray(a)) hear(a);
    }
    sum_x_.setZero();
    sum_y_.setZero();
    for (Index k = sectors_ - 1; k >= 0; --k) {
      add(k);
      const Index a = points_[std::size_t(k)].neuron;
      if (a >= 0 && !is_on_at_first(a)) hear(a);
    }
  }

  const HiddenReluNetwork& network_;
  Index n_;
  Index m_;
  Index padded_;  // n, to whole lanes
  Eigen::VectorXd b_;
  Eigen::VectorXd others_;  // I_j of the outputs whose feature is not active
  Eigen::MatrixXd D_;
  Eigen::VectorXd A_;
  Eigen::VectorXd B_;
  Eigen::VectorXd alpha_;  // the outputs' slopes by x and y in the sector
  Eigen::VectorXd beta_;
  std::vector<EdgePoint> points_;
  Index sectors_ = 0;
  double value_ = 0.0;
  Eigen::MatrixXd moments_x_;  // [n × sectors]
  Eigen::MatrixXd moments_y_;
  Eigen::VectorXd sum_x_;
  Eigen::VectorXd sum_y_;
  Eigen::VectorXd by_A_;
  Eigen::VectorXd by_B_;
  Eigen::MatrixXd by_D_;
  Eigen::MatrixXd by_W_;
  Eigen::VectorXd by_b_;
};

/// Tasks into which pairs are split, the same for any number of threads.
constexpr Index most_tasks = 64;

/// The sum of the pairs' losses by their chance, on threads.
template <bool gradient>
std::vector<PairSums<gradient>> sum_pairs(const HiddenReluNetwork& network, const Odds& odds,
                                          std::size_t threads) {
  const Index n = network.features();
  double total = 0.0;
  double before = 0.0;
  for (Index i = 0; i < n; ++i) {
    total += before * odds[i];
    before += odds[i];
  }
  const Index tasks = std::min(most_tasks, n - 1);
  std::vector<PairSums<gradient>> sums;
  if (total == 0.0) return sums;
  for (Index task = 0; task < tasks; ++task) sums.emplace_back(network);
  parallel_for(std::size_t(tasks), threads, [&](std::size_t task) {
    for (Index i = Index(task); i < n - 1; i += tasks) {
      for (Index l = i + 1; l < n; ++l) {
        const double weight = odds[i] * odds[l] / total;
        if (weight > 0.0) sums[task].add_pair(i, l, weight);
      }
    }
  });
  return sums;
}

// ---- triples ----

struct FacePoint {
  double u;
  double v;
};
using Polygon = std::vector<FacePoint>;

/// Cuts every polygon by the line A + B u + C v = 0.
void cut_all(std::vector<Polygon>& polygons, double A, double B, double C) {
  if (A == 0.0 && B == 0.0 && C == 0.0) return;
  std::vector<Polygon> parts;
  for (const Polygon& polygon : polygons) {
    Polygon positive;
    Polygon negative;
    for (std::size_t k = 0; k < polygon.size(); ++k) {
      const FacePoint& P = polygon[k];
      const FacePoint& Q = polygon[(k + 1) % polygon.size()];
      const double f = A + B * P.u + C * P.v;
      const double g = A + B * Q.u + C * Q.v;
      if (f >= 0.0) positive.push_back(P);
      if (f <= 0.0) negative.push_back(P);
      if ((f > 0.0 && g < 0.0) || (f < 0.0 && g > 0.0)) {
        const double share = f / (f - g);
        const FacePoint at{P.u + share * (Q.u - P.u), P.v + share * (Q.v - P.v)};
        positive.push_back(at);
        negative.push_back(at);
      }
    }
    if (positive.size() > 2) parts.push_back(std::move(positive));
    if (negative.size() > 2) parts.push_back(std::move(negative));
  }
  polygons = std::move(parts);
}

/// The loss of three active features on the pyramid from 0 over one face of the cube, `on` = 1: its cells,
/// where no neuron turns, in fans of triangles, each with 0 a simplex of volume area/3.
double pyramid_loss(const HiddenReluNetwork& network, const std::array<Index, 3>& feature,
                    const std::array<const FeatureRay*, 3>& ray, std::size_t on) {
  const std::size_t first = (on + 1) % 3;
  const std::size_t second = (on + 2) % 3;
  const auto input = [&](std::size_t c) { return input_of(network, feature[c], *ray[c]); };
  const Eigen::VectorXd A = input(on);
  const Eigen::VectorXd B = input(first);
  const Eigen::VectorXd C = input(second);
  std::vector<Polygon> cells{{{0.0, 0.0}, {1.0, 0.0}, {1.0, 1.0}, {0.0, 1.0}}};
  for (Index a = 0; a < A.size(); ++a) cut_all(cells, A[a], B[a], C[a]);
  double loss = 0.0;
  for (const Polygon& cell : cells) {
    std::vector<Eigen::VectorXd> z;
    for (const FacePoint& P : cell) {
      z.emplace_back(network.b + network.D * (A + P.u * B + P.v * C).cwiseMax(0.0));
    }
    for (std::size_t k = 1; k + 1 < cell.size(); ++k) {
      const FacePoint& P = cell[0];
      const FacePoint& Q = cell[k];
      const FacePoint& R = cell[k + 1];
      const double area = 0.5 * ((Q.u - P.u) * (R.v - P.v) - (R.u - P.u) * (Q.v - P.v));
      if (!(area > 0.0)) continue;
      for (Index j = 0; j < network.features(); ++j) {
        AtVertices<4> t{};
        if (j == feature[on]) t = {0.0, ray[on]->target, ray[on]->target, ray[on]->target};
        if (j == feature[first]) {
          t = {0.0, ray[first]->target * P.u, ray[first]->target * Q.u, ray[first]->target * R.u};
        }
        if (j == feature[second]) {
          t = {0.0, ray[second]->target * P.v, ray[second]->target * Q.v, ray[second]->target * R.v};
        }
        loss += network.importance[j] *
                square_on_simplex<4>(t, {network.b[j], z[0][j], z[k][j], z[k + 1][j]}, area / 3.0);
      }
    }
  }
  return loss;
}

double triple_loss(const HiddenReluNetwork& network, const std::array<Index, 3>& feature) {
  double loss = 0.0;
  for (const FeatureRay& one : network.rays) {
    for (const FeatureRay& two : network.rays) {
      for (const FeatureRay& three : network.rays) {
        for (std::size_t on = 0; on < 3; ++on) {
          loss += one.probability * two.probability * three.probability *
                  pyramid_loss(network, feature, {&one, &two, &three}, on);
        }
      }
    }
  }
  return loss;
}

double mean_of_triples(const HiddenReluNetwork& network, const Odds& odds, std::size_t threads) {
  const Index n = network.features();
  std::vector<double> loss(std::size_t(n), 0.0);
  std::vector<double> chance(std::size_t(n), 0.0);
  parallel_for(std::size_t(n), threads, [&](std::size_t task) {
    const auto i = Index(task);
    for (Index l = i + 1; l < n; ++l) {
      for (Index q = l + 1; q < n; ++q) {
        const double weight = odds[i] * odds[l] * odds[q];
        if (weight == 0.0) continue;
        chance[task] += weight;
        loss[task] += weight * triple_loss(network, {i, l, q});
      }
    }
  });
  double sum = 0.0;
  double total = 0.0;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    sum += loss[i];
    total += chance[i];
  }
  return total > 0.0 ? sum / total : 0.0;
}

double loss_of_nothing(const HiddenReluNetwork& network) {
  return network.importance.dot(network.b.cwiseMax(0.0).cwiseAbs2());
}

double mean_of_singles(const HiddenReluNetwork& network, const Odds& odds) {
  const double total = odds.sum();
  return total > 0.0 ? errors_of_single_features(network).colwise().sum().dot(odds / total) : 0.0;
}

/// The gradient of L̄_0 and L̄_1, each weighted.
void add_gradient_of_few(const HiddenReluNetwork& network, const Odds& odds, double weight_none,
                         double weight_single, HiddenReluGradient& sum) {
  const Index n = network.features();
  sum.by_b += 2.0 * weight_none * network.importance.cwiseProduct(network.b.cwiseMax(0.0));
  const double total = odds.sum();
  if (total == 0.0) return;
  for (Index i = 0; i < n; ++i) {
    for_each_ray(
        network, i, [&](const FeatureRay& ray, const Eigen::VectorXd& input, const Eigen::VectorXd& g) {
          const double weight = weight_single * odds[i] / total * ray.probability;
          Eigen::VectorXd by_slope(n);
          for (Index j = 0; j < n; ++j) {
            std::array<double, 2> moments{};
            add_moments_on_simplex<2, 2>({0.0, i == j ? ray.target : 0.0},
                                         {network.b[j], network.b[j] + g[j]}, {{{1.0, 1.0}, {0.0, 1.0}}}, 1.0,
                                         moments);
            sum.by_b[j] -= 2.0 * weight * network.importance[j] * moments[0];
            by_slope[j] = -2.0 * weight * network.importance[j] * moments[1];
          }
          sum.by_D += by_slope * input.cwiseMax(0.0).transpose();
          sum.by_W.col(i) +=
              ray.extent * (input.array() > 0.0).select(network.D.transpose() * by_slope, 0.0).matrix();
        });
  }
}

}  // namespace

Eigen::MatrixXd errors_of_single_features(const HiddenReluNetwork& network) {
  const Index n = network.features();
  Eigen::MatrixXd errors = Eigen::MatrixXd::Zero(n, n);
  for (Index i = 0; i < n; ++i) {
    for_each_ray(network, i, [&](const FeatureRay& ray, const Eigen::VectorXd&, const Eigen::VectorXd& g) {
      for (Index j = 0; j < n; ++j) {
        errors(j, i) += ray.probability * single_error(network, ray, j, i == j, g[j]);
      }
    });
  }
  return errors;
}

Eigen::VectorXd means_by_active(const HiddenReluNetwork& network, const Odds& odds, Eigen::Index up_to,
                                std::size_t threads) {
  Eigen::VectorXd means = Eigen::VectorXd::Zero(up_to + 1);
  means[0] = loss_of_nothing(network);
  if (up_to >= 1) means[1] = mean_of_singles(network, odds);
  if (up_to >= 2) {
    for (const PairSums<false>& part : sum_pairs<false>(network, odds, threads)) means[2] += part.value();
  }
  if (up_to >= 3) means[3] = mean_of_triples(network, odds, threads);
  return means;
}

MeansAndGradient means_and_gradient(const HiddenReluNetwork& network, const Odds& odds,
                                    const Eigen::Vector3d& weight, std::size_t threads) {
  MeansAndGradient result{{loss_of_nothing(network), mean_of_singles(network, odds), 0.0},
                          HiddenReluGradient::zero(network)};
  add_gradient_of_few(network, odds, weight[0], weight[1], result.gradient);
  if (weight[2] == 0.0) return result;
  for (const PairSums<true>& part : sum_pairs<true>(network, odds, threads)) {
    result.means[2] += part.value();
    part.add_gradient_to(weight[2], result.gradient);
  }
  return result;
}

}  // namespace digon
