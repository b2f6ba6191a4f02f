#pragma once

#include <cstddef>
#include <vector>

namespace digon {

/// The transform of the patterns with three or more of some counted features active, and its derivatives.
///
/// Feature by feature, with f = p φ its transform where it is active and S = 1 − p,
///   more ← S more + f (two + more),   two ← S two + f one,   one ← S one + f none,   none ← S none:
/// no subtraction, so that at any density the sum keeps its relative accuracy. Derivatives by f run the chain
/// backwards, with the adjoints of more, two and one.
///
/// An Algebra has an Element, zero(), scale(real, a), add(a, b), multiply(f, a), and multiply_transposed(f,
/// a) for the adjoints.
template <typename Algebra>
class CountChain {
 public:
  using Element = typename Algebra::Element;

  void start(const Algebra& algebra) {
    states_.clear();
    one_ = two_ = more_ = algebra.zero();
    none_ = 1.0;
  }

  void add(const Algebra& algebra, double sparsity, const Element& f) {
    const Element more_or_two = algebra.add(two_, more_);
    states_.push_back({one_, more_or_two, none_});
    more_ = algebra.add(algebra.scale(sparsity, more_), algebra.multiply(f, more_or_two));
    two_ = algebra.add(algebra.scale(sparsity, two_), algebra.multiply(f, one_));
    one_ = algebra.add(algebra.scale(sparsity, one_), algebra.scale(none_, f));
    none_ *= sparsity;
  }

  [[nodiscard]] const Element& more() const { return more_; }

  /// Runs back over the features added, the last first, from the adjoint of more(): visit(i, adjoint of f_i).
  /// `factor(i)` gives feature i's sparsity and f again.
  template <typename Factor, typename Visit>
  void run_back(const Algebra& algebra, Element of_more, Factor factor, Visit visit) const {
    Element of_two = algebra.zero();
    Element of_one = algebra.zero();
    for (std::size_t i = states_.size(); i-- > 0;) {
      const State& before = states_[i];
      visit(i, algebra.add(algebra.add(algebra.multiply_transposed(before.more_or_two, of_more),
                                       algebra.multiply_transposed(before.one, of_two)),
                           algebra.scale(before.none, of_one)));
      const auto& [sparsity, f] = factor(i);
      const auto step = [&](const Element& stay, const Element& grow) {
        return algebra.add(algebra.scale(sparsity, stay), algebra.multiply_transposed(f, grow));
      };
      of_one = step(of_one, of_two);
      of_two = step(of_two, of_more);
      of_more = step(of_more, of_more);
    }
  }

 private:
  /// Before a feature was added.
  struct State {
    Element one;
    Element more_or_two;
    double none = 1.0;
  };
  Element one_{};
  Element two_{};
  Element more_{};
  double none_ = 1.0;
  std::vector<State> states_;
};

}  // namespace digon
