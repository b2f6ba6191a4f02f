#include "theory/packing/structured_lines.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

using Bits = std::uint32_t;

/// GF(2^k), k odd, polynomials over F_2 modulo an irreducible one.
class Field {
 public:
  explicit Field(int k) : k_(k), modulus_(modulus_of(k)) {}

  [[nodiscard]] Bits size() const { return Bits(1) << k_; }
  [[nodiscard]] Bits times(Bits a, Bits b) const {
    Bits product = 0;
    for (; b != 0; b >>= 1U) {
      if ((b & 1U) != 0) product ^= a;
      a <<= 1U;
      if ((a & size()) != 0) a ^= modulus_;
    }
    return product;
  }
  /// x^{2^i}.
  [[nodiscard]] Bits conjugate(Bits x, int i) const {
    for (; i > 0; --i) x = times(x, x);
    return x;
  }
  /// Σ_i x^{2^i}, 0 or 1.
  [[nodiscard]] Bits trace(Bits x) const {
    Bits sum = 0;
    for (int i = 0; i < k_; ++i) sum ^= conjugate(x, i);
    return sum;
  }
  /// T(b x^{1+2^i}).
  [[nodiscard]] Bits gold(Bits b, Bits x, int i) const { return trace(times(b, times(x, conjugate(x, i)))); }

 private:
  static Bits modulus_of(int k) {
    switch (k) {
      case 1:
        return 0b11;
      case 3:
        return 0b1011;
      case 5:
        return 0b100101;
      case 7:
        return 0b10000011;
      default:
        return 0b1000010001;  // 9
    }
  }

  int k_;
  Bits modulus_;
};

/// A form as the table of its values [m].
using Form = std::vector<Bits>;

Form sum_of(const Form& one, const Form& other) {
  Form sum = one;
  for (std::size_t x = 0; x < sum.size(); ++x) sum[x] ^= other[x];
  return sum;
}

/// max_c |Σ_x (−1)^{Q(x) + c·x}|.
int greatest_sum(const Form& form) {
  std::vector<int> sums(form.size());
  for (std::size_t x = 0; x < form.size(); ++x) sums[x] = form[x] != 0 ? -1 : 1;
  for (std::size_t half = 1; half < sums.size(); half *= 2) {
    for (std::size_t block = 0; block < sums.size(); block += 2 * half) {
      for (std::size_t x = block; x < block + half; ++x) {
        const int low = sums[x];
        sums[x] = low + sums[x + half];
        sums[x + half] = low - sums[x + half];
      }
    }
  }
  int greatest = 0;
  for (const int sum : sums) greatest = std::max(greatest, std::abs(sum));
  return greatest;
}

/// The forms of one dimension.
class Forms {
 public:
  explicit Forms(int t) : is_odd_(t % 2 == 1), k_(is_odd_ ? t : t - 1), field_(k_), m_(std::size_t(1) << t) {}

  [[nodiscard]] double log_count(int level) const {
    return double(level + 1) * std::log(double(field_.size()));
  }
  /// T(b x^{1+2^i}), whatever e.
  [[nodiscard]] Form gold(Bits b, int i) const {
    return tabulate([&](Bits x, Bits) { return field_.gold(b, x, i); });
  }
  /// Of t even.
  [[nodiscard]] Form kerdock(Bits a) const {
    return tabulate([&](Bits x, Bits e) {
      const Bits ax = field_.times(a, x);
      Bits value = e & field_.trace(ax);
      for (int i = 1; i <= (k_ - 1) / 2; ++i) value ^= field_.gold(1, ax, i);
      return value;
    });
  }
  /// The first summand, which level 0 has alone.
  [[nodiscard]] Form first(Bits a) const { return is_odd_ ? gold(a, 1) : kerdock(a); }

  /// Calls visit with the difference of every pair of forms, up to x → γx, which makes of b_0, or of a', any
  /// other but 0.
  void for_each_difference(int level, const std::function<void(const Form&)>& visit) const {
    const int first_exponent = is_odd_ ? 2 : 1;
    std::vector<std::vector<Form>> summands;  // of each j, T(b x^{1+2^i}) of every b
    for (int j = 0; j < level; ++j) {
      std::vector<Form>& of_j = summands.emplace_back();
      for (Bits b = 0; b < field_.size(); ++b) of_j.push_back(gold(b, first_exponent + j));
    }
    const std::function<void(const Form&, int, bool)> add = [&](const Form& sum, int j, bool is_zero) {
      if (j == level) {
        if (!is_zero) visit(sum);
        return;
      }
      for (Bits b = 0; b < field_.size(); ++b) {
        add(sum_of(sum, summands[std::size_t(j)][b]), j + 1, is_zero && b == 0);
      }
    };
    if (is_odd_) {  // they are linear: a difference is a form
      add(first(1), 0, false);
    } else {
      for (Bits a = 0; a < field_.size(); ++a) {
        if (a != 1) add(sum_of(first(a), first(1)), 0, false);
      }
    }
    add(Form(m_, 0), 0, true);
  }
  /// How many that are.
  [[nodiscard]] double differences(int level) const {
    return std::pow(double(field_.size()), is_odd_ ? level : level + 1);
  }
  [[nodiscard]] std::size_t size() const { return m_; }
  [[nodiscard]] Bits field_size() const { return field_.size(); }
  [[nodiscard]] int most_levels() const { return (k_ - 1) / 2 - (is_odd_ ? 1 : 0); }

 private:
  [[nodiscard]] Form tabulate(const std::function<Bits(Bits x, Bits e)>& value) const {
    Form form(m_);
    for (Bits x = 0; x < field_.size(); ++x) {
      for (Bits e = 0; e < (is_odd_ ? 1U : 2U); ++e) form[x + e * field_.size()] = value(x, e);
    }
    return form;
  }

  bool is_odd_;
  int k_;
  Field field_;
  std::size_t m_;
};

/// t where dim = 2^t is among those looked at.
std::optional<int> bits_of(Eigen::Index dim) {
  for (int t = 2; t <= 9; ++t) {
    if (dim == Eigen::Index(1) << t) return t;
  }
  return std::nullopt;
}

}  // namespace

std::optional<StructuredLines> structured_lines(Eigen::Index dim, int level) {
  const std::optional<int> t = bits_of(dim);
  if (!t || level < 0) return std::nullopt;
  const Forms forms(*t);
  constexpr double most_differences = 40'000;
  if (level > std::max(0, forms.most_levels()) || forms.differences(level) > most_differences)
    return std::nullopt;
  int greatest = int(std::lround(std::sqrt(double(dim))));  // the basis vectors'
  double cosine = 1.0 / std::sqrt(double(dim));
  forms.for_each_difference(level,
                            [&](const Form& form) { greatest = std::max(greatest, greatest_sum(form)); });
  cosine = std::max(cosine, double(greatest) / double(dim));
  const double forms_and_basis = std::exp(forms.log_count(level)) + 1.0;
  return StructuredLines{std::log(forms_and_basis) + std::log(double(dim)), cosine};
}

Eigen::MatrixXd structured_points(Eigen::Index dim) {
  const std::optional<int> t = bits_of(dim);
  constexpr int most_bits = 6;
  if (!t || *t > most_bits) reject("structured lines: dimension {} given; accepted: 4, 8, 16, 32, 64", dim);
  const Forms forms(*t);
  const auto m = Bits(dim);
  Eigen::MatrixXd W(dim, dim * Eigen::Index(forms.field_size() + 1));
  W.rightCols(dim).setIdentity();
  for (Bits a = 0; a < forms.field_size(); ++a) {
    const Form form = forms.first(a);
    for (Bits c = 0; c < m; ++c) {
      for (Bits x = 0; x < m; ++x) {
        const bool negative = (form[x] ^ Bits(__builtin_parity(c & x))) != 0;
        W(x, Eigen::Index(a) * dim + c) = (negative ? -1.0 : 1.0) / std::sqrt(double(dim));
      }
    }
  }
  return W;
}

StructuredLines most_structured_lines(Eigen::Index dim, double epsilon) {
  StructuredLines most;
  for (int level = 0;; ++level) {
    const std::optional<StructuredLines> lines = structured_lines(dim, level);
    if (!lines) return most;
    constexpr double slack = 1e-12;
    if (lines->coherence <= epsilon + slack) most = *lines;
  }
}

}  // namespace digon
