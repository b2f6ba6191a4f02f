#include "theory/relu_power_mean.hpp"

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "theory/contour_line.hpp"
#include "theory/pattern_probability.hpp"

namespace digon {
namespace {

/// The small couplings of a scale are the smallest ones whose sum stays within this share of the largest
/// coupling: few vertices of the large ones then cross zero within reach of the small.
constexpr double small_share = 0.1;

/// The own feature is integrated out at its ends where its coupling is at least this share of the largest: a
/// smaller one would make terms that cancel.
constexpr double own_share = 0.1;

/// The highest power. Each scale raises it by two and is a tenth of the one before; couplings below 1e-13 of
/// the largest are not heard.
constexpr int highest_power = 40;

/// The moments E[y^d] of a random sum, d = 0 … highest needed.
struct MomentVector {
  std::array<double, highest_power + 1> m{};
};

double binomial(int n, int k) {
  static const auto table = [] {
    std::array<std::array<double, highest_power + 1>, highest_power + 1> rows{};
    for (std::size_t row = 0; row < rows.size(); ++row) {
      rows[row][0] = 1.0;
      for (std::size_t column = 1; column <= row; ++column) {
        rows[row][column] = rows[row - 1][column - 1] + (column < row ? rows[row - 1][column] : 0.0);
      }
    }
    return rows;
  }();
  return table[std::size_t(n)][std::size_t(k)];
}

/// Moments up to a degree that is known at run time.
class MomentAlgebra {
 public:
  explicit MomentAlgebra(int degree) : degree_(degree) {
    if (degree > highest_power) throw std::logic_error("relu_power_mean: too many scales");
  }

  using Element = MomentVector;
  [[nodiscard]] Element one() const {
    Element e;
    e.m[0] = 1.0;
    return e;
  }
  [[nodiscard]] Element multiply(const Element& a, const Element& b) const {
    Element product;
    for (int d = 0; d <= degree_; ++d) {
      double sum = 0.0;
      for (int k = 0; k <= d; ++k) sum += binomial(d, k) * a.m[std::size_t(k)] * b.m[std::size_t(d - k)];
      product.m[std::size_t(d)] = sum;
    }
    return product;
  }
  [[nodiscard]] Element combine(double u, const Element& a, double v, const Element& b) const {
    Element sum;
    for (std::size_t d = 0; d <= std::size_t(degree_); ++d) sum.m[d] = u * a.m[d] + v * b.m[d];
    return sum;
  }
  /// E[x^e (g x)^d], x uniform.
  [[nodiscard]] Element of_active(double g, int e) const {
    Element moments;
    double power = 1.0;
    for (int d = 0; d <= degree_; ++d, power *= g) moments.m[std::size_t(d)] = power / (d + e + 1.0);
    return moments;
  }

 private:
  int degree_;
};

/// The generating function E[e^{sy}] on a block of nodes.
struct TransformAlgebra {
  using Element = ComplexLanes;
  [[nodiscard]] static Element one() { return {all_lanes(1.0), Lanes{}}; }
  [[nodiscard]] static Element multiply(const Element& a, const Element& b) { return a * b; }
  [[nodiscard]] static Element combine(double u, const Element& a, double v, const Element& b) {
    return u * a + v * b;
  }
};

/// Upper bounds on it.
struct BoundAlgebra {
  using Element = double;
  [[nodiscard]] static Element one() { return 1.0; }
  [[nodiscard]] static Element multiply(double a, double b) { return a * b; }
  [[nodiscard]] static Element combine(double u, double a, double v, double b) { return u * a + v * b; }
};

/// A transform of a group of features, split by how many of the large ones are active: none, one, two, more.
/// It is built without subtracting, so that each part keeps its relative accuracy.
template <typename Algebra>
struct LargeCounts {
  using Element = typename Algebra::Element;
  Element none{};
  Element one{};
  Element two{};
  Element more{};

  explicit LargeCounts(const Algebra& algebra) : none(algebra.one()) {}

  void add_large(const Algebra& algebra, double density, const Element& factor) {
    const double sparsity = 1.0 - density;
    const auto step = [&](const Element& stay, const Element& grow) {
      return algebra.combine(sparsity, stay, density, algebra.multiply(factor, grow));
    };
    more = step(more, algebra.combine(1.0, more, 1.0, two));
    two = step(two, one);
    one = step(one, none);
    none = algebra.combine(sparsity, none, 0.0, none);
  }
  void add_small(const Algebra& algebra, double density, const Element& factor) {
    const Element mixed = algebra.combine(1.0 - density, algebra.one(), density, factor);
    for (Element* part : {&none, &one, &two, &more}) *part = algebra.multiply(*part, mixed);
  }
  /// Two or more large features active, among this group and another one.
  [[nodiscard]] Element two_or_more_with(const Algebra& algebra, const LargeCounts& other) const {
    const auto sum = [&](const Element& a, const Element& b) { return algebra.combine(1.0, a, 1.0, b); };
    const Element here = sum(two, more);
    const Element there = sum(other.two, other.more);
    const Element there_some = sum(other.one, there);
    return sum(sum(algebra.multiply(none, there), algebra.multiply(one, there_some)),
               sum(algebra.multiply(here, there_some), algebra.multiply(here, other.none)));
  }
};

/// Prefix and suffix products over the features [first, end) of a scale, of which [first, middle) are large.
template <typename Algebra>
class PartialProducts {
 public:
  /// `factor(i)` is the transform of feature i where it is active.
  template <typename Factor>
  void assign(const Algebra& algebra, const Eigen::VectorXd& density, std::size_t first, std::size_t middle,
              Factor factor) {
    const auto end = std::size_t(density.size());
    first_ = first;
    middle_ = middle;
    before_.assign(end - first + 1, LargeCounts<Algebra>(algebra));
    after_.assign(end - first + 1, LargeCounts<Algebra>(algebra));
    const auto extend = [&](LargeCounts<Algebra>& counts, std::size_t i) {
      const double p = density[Eigen::Index(i)];
      if (i < middle) {
        counts.add_large(algebra, p, factor(i));
      } else {
        counts.add_small(algebra, p, factor(i));
      }
    };
    for (std::size_t i = first; i < end; ++i) {
      before_[i - first + 1] = before_[i - first];
      extend(before_[i - first + 1], i);
    }
    for (std::size_t i = end; i-- > first;) {
      after_[i - first] = after_[i - first + 1];
      extend(after_[i - first], i);
    }
  }

  /// Three or more large features active.
  [[nodiscard]] const typename Algebra::Element& all() const { return after_[0].more; }
  /// What multiplies feature i's active factor in it.
  [[nodiscard]] typename Algebra::Element without(const Algebra& algebra, std::size_t i) const {
    const auto& before = before_[i - first_];
    const auto& after = after_[i - first_ + 1];
    if (i < middle_) return before.two_or_more_with(algebra, after);
    return algebra.multiply(before.more, after.none);  // every large feature comes before
  }

 private:
  std::size_t first_ = 0;
  std::size_t middle_ = 0;
  std::vector<LargeCounts<Algebra>> before_;
  std::vector<LargeCounts<Algebra>> after_;
};

double sum_of_lanes(const Lanes& lanes) {
  double sum = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) sum += lanes[k];
  return sum;
}

Lanes real_of_product(const ComplexLanes& a, const ComplexLanes& b) {
  return a.re * b.re - a.im * b.im;
}

double factorial(int r) {
  return std::tgamma(r + 1.0);
}

double positive_power(double z, int r) {
  if (z <= 0.0) return 0.0;
  double power = 1.0;
  for (int k = 0; k < r; ++k) power *= z;
  return power;
}

/// ∫₀¹ x^e max(t + a x, 0)^r dx.
double own_power(double t, double a, int r, int e) {
  double begin = 0.0;
  double end = 1.0;
  if (t <= 0.0 && t + a <= 0.0) return 0.0;
  if (t < 0.0) begin = std::clamp(-t / a, 0.0, 1.0);
  if (t + a < 0.0) end = std::clamp(-t / a, 0.0, 1.0);
  const auto integrand = [&](double x) { return std::pow(x, e) * positive_power(t + a * x, r); };
  return boost::math::quadrature::gauss<double, 25>::integrate(integrand, begin, end);
}

/// One child request and its share in its parent.
struct Share {
  std::size_t child = 0;
  double coefficient = 0.0;
};

/// Requests, each (t, r, e) once.
struct RequestList {
  std::vector<PowerRequest> list;
  std::map<std::tuple<double, int, int>, std::size_t> index;

  std::size_t add(double t, int r, int e) {
    const auto [found, added] = index.try_emplace({t, r, e}, list.size());
    if (added) list.push_back({t, r, e, 0.0});
    return found->second;
  }
};

/// The features of one scale, [first, n) of those sorted by falling |g|; [first, middle) are large.
struct Scale {
  double own = 0.0;  ///< a
  const Eigen::VectorXd& g;
  const Eigen::VectorXd& density;
  std::size_t first = 0;
  std::size_t middle = 0;

  [[nodiscard]] std::size_t end() const { return std::size_t(g.size()); }
};

/// The contour sums of some requests and of their derivatives, over the patterns with three or more large
/// features of a scale active.
class ScaleContour {
 public:
  ScaleContour(const ContourLine& line, const Scale& scale, const std::vector<PowerRequest>& requests)
      : line_(line), scale_(scale), requests_(requests), own_(line, scale.own) {
    for (std::size_t i = scale.first; i < scale.end(); ++i)
      others_.emplace_back(line, scale.g[Eigen::Index(i)]);
    int degree = 0;
    for (const PowerRequest& request : requests) {
      shifts_.emplace_back(line, request.t);
      factorials_.push_back(factorial(request.r));
      with_own_ = with_own_ || request.e >= 0;
      degree = std::max(degree, request.r);
    }
    inverse_powers_.resize(std::size_t(degree) + 1);
    values_.assign(requests.size(), Lanes{});
    by_t_.assign(requests.size(), Lanes{});
    by_g_.assign(others_.size(), Lanes{});
  }

  void add_block() {
    const NodeBlock block(line_, blocks_++);
    for (auto& other : others_) other.next(block);
    products_.assign(
        TransformAlgebra{}, scale_.density, scale_.first, scale_.middle,
        [&](std::size_t i) -> const ComplexLanes& { return others_[i - scale_.first].moments()[0]; });
    inverse_powers_[0] = TransformAlgebra::one();
    for (std::size_t d = 1; d < inverse_powers_.size(); ++d) {
      inverse_powers_[d] = inverse_powers_[d - 1] * block.inverse_s;
    }
    if (with_own_) own_.next(block);
    ComplexLanes by_y_kernel;  // Σ weight r!/s^r e^{st} M_e
    for (std::size_t k = 0; k < requests_.size(); ++k) {
      by_y_kernel = by_y_kernel + requests_[k].weight * add_request(k, block);
    }
    for (std::size_t k = 0; k < others_.size(); ++k) {
      by_g_[k] += real_of_product(by_y_kernel * others_[k].moments()[1],
                                  products_.without(TransformAlgebra{}, scale_.first + k));
    }
  }

  [[nodiscard]] std::size_t nodes() const { return blocks_ * lane_count; }

  /// |terms| beyond the last node fall at least like |s|⁻², so their sum is at most bound · ω / π.
  [[nodiscard]] double tail_bound() const {
    const double omega = static_cast<double>(nodes()) * line_.h;
    const double s = std::hypot(omega, line_.c);
    const BoundAlgebra algebra;
    LargeCounts<BoundAlgebra> counts(algebra);
    for (std::size_t i = scale_.first; i < scale_.end(); ++i) {
      const double p = scale_.density[Eigen::Index(i)];
      const double bound = exponential_moment_bound(line_, scale_.g[Eigen::Index(i)], 0, s);
      if (i < scale_.middle) {
        counts.add_large(algebra, p, bound);
      } else {
        counts.add_small(algebra, p, bound);
      }
    }
    double kernels = 0.0;
    for (const auto& [t, r, e, weight] : requests_) {
      const double own = e >= 0 ? exponential_moment_bound(line_, scale_.own, e, s) : 1.0;
      kernels += std::abs(weight) * factorial(r) * std::exp(line_.c * t) * std::pow(s, -(r + 1)) * own;
    }
    return counts.more * kernels * omega / std::numbers::pi;
  }

  [[nodiscard]] PowerAnswer answer(std::size_t k) const {
    return {weight_of_node() * sum_of_lanes(values_[k]), weight_of_node() * sum_of_lanes(by_t_[k])};
  }
  /// ∂/∂g_i of Σ weight · Ψ.
  [[nodiscard]] double by_g(std::size_t i) const {
    return weight_of_node() * scale_.density[Eigen::Index(i)] * sum_of_lanes(by_g_[i - scale_.first]);
  }
  [[nodiscard]] double by_a() const { return weight_of_node() * sum_of_lanes(by_a_); }
  [[nodiscard]] double rounding_error() const { return rounding * weight_of_node() * modulus_; }

 private:
  /// Adds a request's terms and returns its kernel, r!/s^r e^{st} M_e.
  ComplexLanes add_request(std::size_t k, const NodeBlock& block) {
    const auto& [t, r, e, weight] = requests_[k];
    shifts_[k].next(block);
    // The transform of Ψ has r!/s^{r+1}; one power less of 1/s is its derivative by t.
    ComplexLanes kernel = factorials_[k] * (shifts_[k].exponential() * inverse_powers_[std::size_t(r)]);
    if (e >= 0) {
      by_a_ += weight * real_of_product(kernel * own_.moments()[std::size_t(e + 1)], products_.all());
      kernel = kernel * own_.moments()[std::size_t(e)];
    }
    by_t_[k] += real_of_product(kernel, products_.all());
    const Lanes value = real_of_product(kernel * block.inverse_s, products_.all());
    values_[k] += value;
    modulus_ += std::abs(weight) * sum_of_lanes(value < 0.0 ? -value : value);
    return kernel;
  }

  /// The nodes below the real axis are the conjugates: (h/2π) Σ over all l is (h/π) Σ_{l≥0} Re.
  [[nodiscard]] double weight_of_node() const { return line_.h / std::numbers::pi; }

  const ContourLine& line_;
  const Scale& scale_;
  const std::vector<PowerRequest>& requests_;
  ExponentialOnLine<3> own_;
  bool with_own_ = false;
  std::vector<ExponentialOnLine<2>> others_;
  std::vector<ExponentialOnLine<0>> shifts_;
  std::vector<double> factorials_;
  std::vector<ComplexLanes> inverse_powers_;
  PartialProducts<TransformAlgebra> products_;
  std::vector<Lanes> values_;
  std::vector<Lanes> by_t_;
  std::vector<Lanes> by_g_;
  Lanes by_a_{};
  double modulus_ = 0.0;
  std::size_t blocks_ = 0;
};

class PowerMean {
 public:
  PowerMean(const OutputUnit& unit, const ContourOptions& options)
      : a_(unit.own), g_(unit.others), density_(unit.density), options_(options) {
    sum_.by_g = Eigen::VectorXd::Zero(g_.size());
    least_.assign(features() + 1, 0.0);
    greatest_.assign(features() + 1, 0.0);
    for (std::size_t i = features(); i-- > 0;) {
      least_[i] = least_[i + 1] + std::min(g_[Eigen::Index(i)], 0.0);
      greatest_[i] = greatest_[i + 1] + std::max(g_[Eigen::Index(i)], 0.0);
    }
  }

  PowerSum compute(const std::vector<PowerRequest>& requests) {
    sum_.answers = evaluate(0, requests);
    for (std::size_t k = 0; k < requests.size(); ++k) {
      sum_.uncertainty += rounding * std::abs(requests[k].weight * sum_.answers[k].value);
    }
    return std::move(sum_);
  }

 private:
  using Requests = std::vector<PowerRequest>;
  using Answers = std::vector<PowerAnswer>;

  /// Answers over the features from `first` on, which are sorted by falling |g|.
  Answers evaluate(std::size_t first, const Requests& requests) {
    Answers answers(requests.size());
    if (first == features()) {
      for (std::size_t k = 0; k < requests.size(); ++k) answers[k] = without_others(requests[k]);
      return answers;
    }
    const bool own_is_large = std::abs(a_) >= own_share * std::abs(g_[Eigen::Index(first)]);
    if (own_is_large && std::any_of(requests.begin(), requests.end(), [&](const PowerRequest& request) {
          return request.e >= 0 && crosses(first, request);
        })) {
      return with_own_at_ends(first, requests);
    }
    std::vector<std::size_t> always_on;
    std::vector<std::size_t> crossing;
    for (std::size_t k = 0; k < requests.size(); ++k) {
      const Support range = range_of(first, requests[k].e);
      if (requests[k].t + range.greatest <= 0.0) continue;  // never on: 0
      (requests[k].t + range.least >= 0.0 ? always_on : crossing).push_back(k);
    }
    if (!always_on.empty()) add_always_on(first, requests, always_on, answers);
    if (!crossing.empty()) {
      const std::size_t middle = first_small(first);
      if (middle - first > 2) add_contour(first, middle, requests, crossing, answers);
      add_vertices(first, middle, requests, crossing, answers);
    }
    return answers;
  }

  /// Whether t + y (+ a x) takes both signs.
  [[nodiscard]] bool crosses(std::size_t first, const PowerRequest& request) const {
    const Support range = range_of(first, request.e);
    return request.t + range.greatest > 0.0 && request.t + range.least < 0.0;
  }

  /// Integrates the own feature out of the requests that cross, at the two ends of its interval,
  ///   Ψ(t; r, x⁰) = (Ψ(t + a; r+1) − Ψ(t; r+1)) / ((r+1) a)
  ///   Ψ(t; r, x¹) = Ψ(t + a; r+1) / ((r+1) a) − (Ψ(t + a; r+2) − Ψ(t; r+2)) / ((r+1)(r+2) a²),
  /// and answers all over the features from `first` on.
  Answers with_own_at_ends(std::size_t first, const Requests& requests) {
    RequestList children;
    std::vector<std::array<Share, 3>> shares(requests.size());  // at t + a, r+1; t + a, r+2; t
    for (std::size_t k = 0; k < requests.size(); ++k) {
      const auto& [t, r, e, weight] = requests[k];
      if (e < 0 || !crosses(first, requests[k])) {
        shares[k][0] = {children.add(t, r, e), 1.0};
      } else {
        const double once = 1.0 / ((r + 1.0) * a_);
        const double twice = once / ((r + 2.0) * a_);
        shares[k][0] = {children.add(t + a_, r + 1, -1), once};
        shares[k][1] = {children.add(t + a_, r + 2, -1), e == 0 ? 0.0 : -twice};
        shares[k][2] =
            e == 0 ? Share{children.add(t, r + 1, -1), -once} : Share{children.add(t, r + 2, -1), twice};
      }
      for (const Share& share : shares[k]) children.list[share.child].weight += weight * share.coefficient;
    }
    const Answers below = evaluate(first, children.list);

    Answers answers(requests.size());
    for (std::size_t k = 0; k < requests.size(); ++k) {
      const PowerRequest& parent = requests[k];
      double size = 0.0;
      for (const Share& share : shares[k]) {
        answers[k].value += share.coefficient * below[share.child].value;
        answers[k].by_t += share.coefficient * below[share.child].by_t;
        size += std::abs(share.coefficient * below[share.child].value);
      }
      sum_.uncertainty += rounding * std::abs(parent.weight) * size;
      if (parent.e < 0 || !crosses(first, parent)) continue;
      // `once` stands to 1/a, `twice` to 1/a²; the first two shares are at t + a.
      const auto part = [&](std::size_t c) {
        return shares[k][c].coefficient * below[shares[k][c].child].value;
      };
      const auto slope = [&](std::size_t c) {
        return shares[k][c].coefficient * below[shares[k][c].child].by_t;
      };
      const double rest = parent.e == 0 ? part(2) : 2.0 * (part(1) + part(2));
      sum_.by_a += parent.weight * (slope(0) + slope(1) - (part(0) + rest) / a_);
    }
    return answers;
  }

  [[nodiscard]] std::size_t features() const { return std::size_t(g_.size()); }

  [[nodiscard]] std::size_t first_small(std::size_t first) const {
    const double reach = small_share * std::abs(g_[Eigen::Index(first)]);
    std::size_t middle = features();
    for (double sum = 0.0; middle > first + 1; --middle) {
      sum += std::abs(g_[Eigen::Index(middle - 1)]);
      if (sum > reach) break;
    }
    return middle;
  }

  /// The range of y (+ a x where e ≥ 0) over the features from `first` on.
  [[nodiscard]] Support range_of(std::size_t first, int e) const {
    const double own = e >= 0 ? a_ : 0.0;
    return {least_[first] + std::min(own, 0.0), greatest_[first] + std::max(own, 0.0)};
  }

  PowerAnswer without_others(const PowerRequest& request) {
    const auto& [t, r, e, weight] = request;
    if (e < 0) return {positive_power(t, r), r * positive_power(t, r - 1)};
    sum_.by_a += weight * r * own_power(t, a_, r - 1, e + 1);
    return {own_power(t, a_, r, e), r * own_power(t, a_, r - 1, e)};
  }

  /// The polynomial E[x^e (t + a x + y)^r] from the moments of y.
  [[nodiscard]] double polynomial(const MomentAlgebra& algebra, const MomentVector& moments, double t, int r,
                                  int e) const {
    const MomentVector all = e < 0 ? moments : algebra.multiply(moments, algebra.of_active(a_, e));
    double value = 0.0;
    double power = 1.0;  // t^{r−d}
    for (int d = r; d >= 0; --d, power *= t) value += binomial(r, d) * power * all.m[std::size_t(d)];
    return value;
  }

  static int degree_of(const Requests& requests, const std::vector<std::size_t>& chosen) {
    int degree = 0;
    for (const std::size_t k : chosen) degree = std::max(degree, requests[k].r);
    return degree;
  }

  /// A polynomial's part in the answers and derivatives: `scale` times E[x^e (t + a x + y)^r] of the moments
  /// `all`, and what it gives by each g_i through the moments `without(i)` of the others.
  struct PolynomialTerm {
    double scale = 0.0;
    double t = 0.0;
    std::size_t request = 0;
  };

  template <typename Without>
  void add_polynomials(const MomentAlgebra& algebra, std::size_t first,
                       const std::vector<PolynomialTerm>& terms, const Requests& requests,
                       const MomentVector& all, Without without, Answers& answers) {
    // Σ weight r E[x^e (t + a x + ·)^{r−1}] as one polynomial in the moments, for each e.
    std::array<MomentVector, 3> by_y{};
    std::array<bool, 3> used{};
    for (const PolynomialTerm& term : terms) {
      const auto& [unused, r, e, weight] = requests[term.request];
      answers[term.request].value += term.scale * polynomial(algebra, all, term.t, r, e);
      answers[term.request].by_t += term.scale * r * polynomial(algebra, all, term.t, r - 1, e);
      if (e >= 0) sum_.by_a += term.scale * weight * r * polynomial(algebra, all, term.t, r - 1, e + 1);
      const auto slot = std::size_t(e + 1);
      used[slot] = true;
      double power = term.scale * weight * r;
      for (int d = r - 1; d >= 0; --d, power *= term.t)
        by_y[slot].m[std::size_t(d)] += binomial(r - 1, d) * power;
    }
    for (std::size_t slot = 0; slot < used.size(); ++slot) {
      if (!used[slot]) continue;
      const int e = int(slot) - 1;
      for (std::size_t i = first; i < features(); ++i) {
        MomentVector with_x = algebra.multiply(without(i), algebra.of_active(g_[Eigen::Index(i)], 1));
        if (e >= 0) with_x = algebra.multiply(with_x, algebra.of_active(a_, e));
        const double sum = std::inner_product(with_x.m.begin(), with_x.m.end(), by_y[slot].m.begin(), 0.0);
        sum_.by_g[Eigen::Index(i)] += density_[Eigen::Index(i)] * sum;
      }
    }
  }

  void add_always_on(std::size_t first, const Requests& requests, const std::vector<std::size_t>& chosen,
                     Answers& answers) {
    const MomentAlgebra algebra(degree_of(requests, chosen));
    // Prefixes and suffixes of the plain products, without counting.
    const std::size_t count = features() - first;
    std::vector<MomentVector> before(count + 1, algebra.one());
    std::vector<MomentVector> after(count + 1, algebra.one());
    const auto mixed = [&](std::size_t k) {
      const auto i = Eigen::Index(first + k);
      return algebra.combine(1.0 - density_[i], algebra.one(), density_[i], algebra.of_active(g_[i], 0));
    };
    for (std::size_t k = 0; k < count; ++k) before[k + 1] = algebra.multiply(before[k], mixed(k));
    for (std::size_t k = count; k-- > 0;) after[k] = algebra.multiply(after[k + 1], mixed(k));

    std::vector<PolynomialTerm> terms;
    for (const std::size_t k : chosen) terms.push_back({1.0, requests[k].t, k});
    add_polynomials(
        algebra, first, terms, requests, after[0],
        [&](std::size_t i) { return algebra.multiply(before[i - first], after[i - first + 1]); }, answers);
  }

  /// Patterns with three or more large features active.
  void add_contour(std::size_t first, std::size_t middle, const Requests& requests,
                   const std::vector<std::size_t>& chosen, Answers& answers) {
    double span = 0.0;
    double total_weight = 0.0;
    for (const std::size_t k : chosen) {
      const Support range = range_of(first, requests[k].e);
      span = std::max(span, std::max(requests[k].t + range.greatest, -requests[k].t - range.least));
      total_weight += std::abs(requests[k].weight);
    }
    if (total_weight == 0.0) return;
    span *= 1.0 + rounding;
    const ContourLine line(span);
    sum_contour(line, {a_, g_, density_, first, middle}, requests, chosen, answers);

    const int degree = degree_of(requests, chosen);
    const MomentAlgebra algebra(degree);
    PartialProducts<MomentAlgebra> products;
    products.assign(algebra, density_, first, middle,
                    [&](std::size_t i) { return algebra.of_active(g_[Eigen::Index(i)], 0); });
    std::vector<PolynomialTerm> terms;
    const double ratio = -std::exp(-decay_per_period);
    double factor = ratio;
    for (int l = 1; std::abs(factor) * std::pow(l, degree) > 1e-18; ++l, factor *= ratio) {
      for (const std::size_t k : chosen) terms.push_back({-factor, requests[k].t + l * span, k});
    }
    add_polynomials(
        algebra, first, terms, requests, products.all(),
        [&](std::size_t i) { return products.without(algebra, i); }, answers);
  }

  /// The contour integral itself, to the tolerance.
  void sum_contour(const ContourLine& line, const Scale& scale, const Requests& requests,
                   const std::vector<std::size_t>& chosen, Answers& answers) {
    Requests crossing;
    for (const std::size_t k : chosen) crossing.push_back(requests[k]);
    ScaleContour contour(line, scale, crossing);
    // A derivative by g is larger than the sum by up to 1/g: at a small scale the sum must be that much
    // closer.
    const double tolerance = options_.tolerance * std::min(1.0, std::abs(g_[Eigen::Index(scale.first)]));
    std::size_t next_check = lane_count;
    for (bool done = false; !done;) {
      contour.add_block();
      if (contour.nodes() < next_check) continue;
      next_check += lane_count * (1 + contour.nodes() / (8 * lane_count));
      done = contour.tail_bound() <= tolerance || contour.nodes() >= options_.max_nodes;
    }
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const PowerAnswer part = contour.answer(k);
      answers[chosen[k]].value += part.value;
      answers[chosen[k]].by_t += part.by_t;
    }
    for (std::size_t i = scale.first; i < features(); ++i) sum_.by_g[Eigen::Index(i)] += contour.by_g(i);
    sum_.by_a += contour.by_a();
    sum_.uncertainty += contour.tail_bound() + contour.rounding_error();
    sum_.nodes += contour.nodes();
  }

  /// The probabilities of the patterns with at most two large features active, over the couplings integrated
  /// out.
  struct SmallPatterns {
    double none = 0.0;       ///< P(none)
    Eigen::VectorXd one;     ///< P(only i)/g_i
    Eigen::MatrixXd two;     ///< P(only i and l)/(g_i g_l); 0 on the diagonal
    Eigen::VectorXd two_of;  ///< Σ_l two(i, l)
    double total = 0.0;      ///< the probability of all of them
  };

  [[nodiscard]] SmallPatterns small_patterns(std::size_t first, std::size_t middle) const {
    const auto large = Eigen::Index(middle - first);
    const Eigen::VectorXd densities = density_.segment(Eigen::Index(first), large);
    const PatternProbability probability(densities);
    const auto g = g_.segment(Eigen::Index(first), large);
    SmallPatterns patterns{
        probability.exactly({}), Eigen::VectorXd(large), Eigen::MatrixXd::Zero(large, large), {}, 0.0};
    patterns.total = patterns.none;
    for (Eigen::Index i = 0; i < large; ++i) {
      const double one = probability.exactly({i});
      patterns.one[i] = one / g[i];
      patterns.total += one;
      for (Eigen::Index l = 0; l < i; ++l) {
        const double two = probability.exactly({i, l});
        patterns.two(i, l) = patterns.two(l, i) = two / (g[i] * g[l]);
        patterns.total += two;
      }
    }
    patterns.two_of = patterns.two.rowwise().sum();
    return patterns;
  }

  /// The requests that integrating the large features out of one t (and e) leads to: at the vertex 0 powers
  /// from r, at the vertices i from r + 1, at i, l from r + 2, up to the highest r + 2.
  struct VertexRequests {
    int least = 0;  ///< r of the parents
    int greatest = 0;
    std::size_t base = 0;

    [[nodiscard]] std::size_t powers(int raised) const { return std::size_t(greatest + 3 - least - raised); }
    [[nodiscard]] std::size_t at_zero(int r) const { return base + std::size_t(r - least); }
    [[nodiscard]] std::size_t at_one(Eigen::Index i, int r) const {
      return base + powers(0) + std::size_t(i) * powers(1) + std::size_t(r - least - 1);
    }
    [[nodiscard]] std::size_t at_two(Eigen::Index large, Eigen::Index i, Eigen::Index l, int r) const {
      const auto pair = std::size_t(i * (i - 1) / 2 + l);  // l < i
      return base + powers(0) + std::size_t(large) * powers(1) + pair * powers(2) +
             std::size_t(r - least - 2);
    }
    [[nodiscard]] std::size_t count(Eigen::Index large) const {
      return powers(0) + std::size_t(large) * powers(1) + std::size_t(large * (large - 1) / 2) * powers(2);
    }
  };

  /// Appends the requests of one t and e, of weight 0.
  template <typename Couplings>
  static void append(const VertexRequests& at, double t, int e, const Couplings& g, Requests& children) {
    const auto add = [&](double vertex, int raised) {
      for (int r = at.least + raised; r <= at.greatest + 2; ++r) children.push_back({t + vertex, r, e, 0.0});
    };
    add(0.0, 0);
    for (Eigen::Index i = 0; i < g.size(); ++i) add(g[i], 1);
    for (Eigen::Index i = 0; i < g.size(); ++i) {
      for (Eigen::Index l = 0; l < i; ++l) add(g[i] + g[l], 2);
    }
  }

  /// Patterns with at most two large features active: those are integrated out at the vertices of their
  /// cubes, which leaves requests over the small features.
  void add_vertices(std::size_t first, std::size_t middle, const Requests& requests,
                    const std::vector<std::size_t>& chosen, Answers& answers) {
    const SmallPatterns patterns = small_patterns(first, middle);
    if (negligible(first, middle, patterns.total, requests, chosen)) return;
    const auto g = g_.segment(Eigen::Index(first), Eigen::Index(middle - first));

    std::map<std::pair<double, int>, VertexRequests> groups;  // by t and e
    for (const std::size_t k : chosen) {
      const auto& [t, r, e, weight] = requests[k];
      const auto [group, added] = groups.try_emplace({t, e}, VertexRequests{r, r, 0});
      group->second.least = std::min(group->second.least, r);
      group->second.greatest = std::max(group->second.greatest, r);
    }
    Requests children;
    for (auto& [key, group] : groups) {
      group.base = children.size();
      append(group, key.first, key.second, g, children);
    }
    for (const std::size_t k : chosen) {
      const PowerRequest& parent = requests[k];
      for_each_share(groups.at({parent.t, parent.e}), patterns, parent.r,
                     [&](std::size_t child, double coefficient) {
                       children[child].weight += parent.weight * coefficient;
                     });
    }
    const Answers below = evaluate(middle, children);
    for (const std::size_t k : chosen) {
      const PowerRequest& parent = requests[k];
      const VertexRequests& group = groups.at({parent.t, parent.e});
      PowerAnswer& answer = answers[k];
      double size = 0.0;
      for_each_share(group, patterns, parent.r, [&](std::size_t child, double coefficient) {
        answer.value += coefficient * below[child].value;
        answer.by_t += coefficient * below[child].by_t;
        size += std::abs(coefficient * below[child].value);
      });
      sum_.uncertainty += rounding * std::abs(parent.weight) * size;
      add_vertex_gradient(first, g, patterns, parent, group, below);
    }
  }

  /// Whether patterns of this total probability can be left out: Ψ is at most the highest power of t + y.
  /// What they could give is added to the uncertainty.
  bool negligible(std::size_t first, std::size_t middle, double probability, const Requests& requests,
                  const std::vector<std::size_t>& chosen) {
    double most = 0.0;
    for (const std::size_t k : chosen) {
      const double highest =
          requests[k].t + 2.0 * std::abs(g_[Eigen::Index(first)]) + range_of(middle, requests[k].e).greatest;
      most += std::abs(requests[k].weight) * positive_power(highest, requests[k].r);
    }
    if (probability * most > 0.1 * options_.tolerance) return false;
    sum_.uncertainty += probability * most;
    return true;
  }

  /// Calls visit(child, coefficient) for each request a parent of power r stands on.
  template <typename Visit>
  static void for_each_share(const VertexRequests& at, const SmallPatterns& patterns, int r, Visit visit) {
    const double raise1 = 1.0 / (r + 1.0);
    const double raise2 = raise1 / (r + 2.0);
    const Eigen::Index large = patterns.one.size();
    visit(at.at_zero(r), patterns.none);
    visit(at.at_zero(r + 1), -raise1 * patterns.one.sum());
    visit(at.at_zero(r + 2), raise2 * patterns.two_of.sum() / 2.0);
    for (Eigen::Index i = 0; i < large; ++i) {
      visit(at.at_one(i, r + 1), raise1 * patterns.one[i]);
      visit(at.at_one(i, r + 2), -raise2 * patterns.two_of[i]);
      for (Eigen::Index l = 0; l < i; ++l) visit(at.at_two(large, i, l, r + 2), raise2 * patterns.two(i, l));
    }
  }

  /// The derivatives by the large couplings, which stand in the shares' coefficients (1/g) and in the
  /// vertices' t.
  template <typename Couplings>
  void add_vertex_gradient(std::size_t first, const Couplings& g, const SmallPatterns& patterns,
                           const PowerRequest& parent, const VertexRequests& at, const Answers& below) {
    const int r = parent.r;
    const double raise1 = parent.weight / (r + 1.0);
    const double raise2 = raise1 / (r + 2.0);
    const Eigen::Index large = g.size();
    const double zero1 = below[at.at_zero(r + 1)].value;
    const double zero2 = below[at.at_zero(r + 2)].value;
    auto by_g = sum_.by_g.segment(Eigen::Index(first), large);
    for (Eigen::Index i = 0; i < large; ++i) {
      const PowerAnswer& one1 = below[at.at_one(i, r + 1)];
      const PowerAnswer& one2 = below[at.at_one(i, r + 2)];
      by_g[i] += raise1 * patterns.one[i] * (one1.by_t - (one1.value - zero1) / g[i]);
      by_g[i] -= raise2 * patterns.two_of[i] * (one2.by_t - (one2.value - zero2) / g[i]);
      for (Eigen::Index l = 0; l < large; ++l) by_g[l] += raise2 * patterns.two(i, l) / g[l] * one2.value;
      for (Eigen::Index l = 0; l < i; ++l) {
        const PowerAnswer& two = below[at.at_two(large, i, l, r + 2)];
        const double coefficient = raise2 * patterns.two(i, l);
        by_g[i] += coefficient * (two.by_t - two.value / g[i]);
        by_g[l] += coefficient * (two.by_t - two.value / g[l]);
      }
    }
  }

  double a_;
  Eigen::VectorXd g_;
  Eigen::VectorXd density_;
  std::vector<double> least_;  // of y over the features from i on
  std::vector<double> greatest_;
  const ContourOptions& options_;
  PowerSum sum_;
};

}  // namespace

PowerSum relu_power_mean(const OutputUnit& unit, const std::vector<PowerRequest>& requests,
                         const ContourOptions& options) {
  // Sorted by falling |g|, so that every scale is a range of features.
  const Eigen::Index n = unit.others.size();
  std::vector<Eigen::Index> order(std::size_t(n), 0);
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index l) {
    return std::abs(unit.others[i]) > std::abs(unit.others[l]);
  });
  const OutputUnit sorted{unit.bias, unit.own, unit.others(order), unit.density(order)};
  PowerSum sum = PowerMean(sorted, options).compute(requests);
  const Eigen::VectorXd by_sorted = sum.by_g;
  for (Eigen::Index k = 0; k < n; ++k) sum.by_g[order[std::size_t(k)]] = by_sorted[k];
  return sum;
}

}  // namespace digon
