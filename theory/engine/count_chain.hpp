#pragma once

#include <cstddef>
#include <vector>

namespace digon {

/// The transform of a sum over the patterns with at least k₀ of some counted features active, k₀ ≤ 3, and its
/// derivatives.
///
/// Feature by feature, with f = p φ its transform where it is active and S = 1 − p, what exactly k are active
/// in, and at least k₀, follow
///   more ← S more + f (exactly_{k₀−1} + more),   exactly_k ← S exactly_k + f exactly_{k−1}:
/// no subtraction, so that at any density the sum keeps its relative accuracy, 1e-14 for 8 features.
/// Derivatives by f run the chain backwards, with adjoints. Features that are not counted come last, more ←
/// (S + f) more.
///
/// k₀ = 1, (S, f) = (0.8, 0.1), then (0.7, 0.2): more is 0.1, then 0.7 · 0.1 + 0.2 (0.8 + 0.1) = 0.25, which
/// is 0.1 · 0.7 + 0.8 · 0.2 + 0.1 · 0.2 over the three patterns.
///
/// An Algebra has an Element, zero(), add_real(u, a), scale(u, a), add(a, b), multiply(f, a), and
/// multiply_transposed(f, a) for the adjoints.
template <typename Algebra>
class CountChain {
 public:
  using Element = typename Algebra::Element;

  /// A feature as it was added.
  struct Factor {
    double sparsity;
    const Element& f;
  };

  /// `least` is k₀; the first `counted` features are counted.
  CountChain(int least, std::size_t counted) : least_(least), counted_(counted) {}

  void start(const Algebra& algebra) {
    states_.clear();
    none_ = 1.0;
    one_ = two_ = algebra.zero();
    more_ = least_ == 0 ? algebra.add_real(1.0, algebra.zero()) : algebra.zero();
  }

  void add(const Algebra& algebra, double sparsity, const Element& f) {
    const bool counts = least_ > 0 && states_.size() < counted_;
    const Element grown = !counts       ? more_
                          : least_ == 1 ? algebra.add_real(none_, more_)
                                        : algebra.add(least_ == 2 ? one_ : two_, more_);
    states_.push_back({grown, one_, none_});
    const auto step = [&](const Element& stay, const Element& grow) {
      return algebra.add(algebra.scale(sparsity, stay), algebra.multiply(f, grow));
    };
    more_ = step(more_, grown);
    if (!counts) return;
    if (least_ == 3) two_ = step(two_, one_);
    if (least_ >= 2) one_ = algebra.add(algebra.scale(sparsity, one_), algebra.scale(none_, f));
    none_ *= sparsity;
  }

  [[nodiscard]] const Element& more() const { return more_; }

  /// Runs back over the features added, the last first, from the adjoint of more(): visit(i, adjoint of f_i).
  /// `factor(i)` gives feature i's Factor again.
  template <typename FactorOf, typename Visit>
  void run_back(const Algebra& algebra, Element of_more, FactorOf factor, Visit visit) const {
    Element of_two = algebra.zero();
    Element of_one = algebra.zero();
    for (std::size_t i = states_.size(); i-- > 0;) {
      const bool counts = least_ > 0 && i < counted_;
      const State& before = states_[i];
      Element of_f = algebra.multiply_transposed(before.grown, of_more);
      if (counts && least_ == 3) of_f = algebra.add(of_f, algebra.multiply_transposed(before.one, of_two));
      if (counts && least_ >= 2) of_f = algebra.add(of_f, algebra.scale(before.none, of_one));
      visit(i, of_f);
      const auto& [sparsity, f] = factor(i);
      const Element grown = algebra.multiply_transposed(f, of_more);
      if (counts && least_ >= 2) {
        of_one = algebra.add(algebra.scale(sparsity, of_one),
                             least_ == 2 ? grown : algebra.multiply_transposed(f, of_two));
        of_two = algebra.add(algebra.scale(sparsity, of_two), grown);
      }
      of_more = algebra.add(algebra.scale(sparsity, of_more), grown);
    }
  }

 private:
  /// Before a feature was added; `grown` is what its f multiplies in more.
  struct State {
    Element grown;
    Element one;
    double none = 1.0;
  };
  int least_;
  std::size_t counted_;
  double none_ = 1.0;
  Element one_{};
  Element two_{};
  Element more_{};
  std::vector<State> states_;
};

}  // namespace digon
