#pragma once

#include <cstddef>

#include "theory/numerics/scratch.hpp"

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

  /// A feature: S, and f.
  struct Factor {
    double sparsity;
    Element f;
  };

  /// `least` is k₀; the first `counted` features are counted.
  CountChain(int least, std::size_t counted) : least_(least), counted_(least == 0 ? 0 : counted) {}

  /// Runs over so many features, at least those counted; `factor(i)` gives feature i's Factor. The sum over
  /// the patterns.
  template <typename FactorOf>
  Element run(const Algebra& algebra, std::size_t features, FactorOf factor) {
    grown_.resize(features);
    one_before_.resize(least_ >= 2 ? counted_ : 0);
    none_before_.resize(counted_);
    Element more = least_ == 0   ? algebra.add_real(1.0, algebra.zero())
                   : least_ == 1 ? run_counted<1>(algebra, factor)
                   : least_ == 2 ? run_counted<2>(algebra, factor)
                                 : run_counted<3>(algebra, factor);
    Element* const grown = grown_.data();  // else it is looked up for every feature
    for (std::size_t i = counted_; i < features; ++i) {
      grown[i] = more;
      more = algebra.multiply(all_of(algebra, factor(i)), more);
    }
    return more;
  }

  /// Runs back over the features, the last first, from the adjoint of the sum: visit(i, adjoint of f_i).
  template <typename FactorOf, typename Visit>
  void run_back(const Algebra& algebra, Element of_more, FactorOf factor, Visit visit) const {
    const Element* const grown_by = grown_.data();
    for (std::size_t i = grown_.size(); i-- > counted_;) {
      const Factor by = factor(i);
      visit(i, algebra.multiply_transposed(grown_by[i], of_more));
      of_more = algebra.multiply_transposed(all_of(algebra, by), of_more);
    }
    if (least_ == 1) run_back_counted<1>(algebra, of_more, factor, visit);
    if (least_ == 2) run_back_counted<2>(algebra, of_more, factor, visit);
    if (least_ == 3) run_back_counted<3>(algebra, of_more, factor, visit);
  }

 private:
  /// S + f.
  [[nodiscard]] static Element all_of(const Algebra& algebra, const Factor& by) {
    return algebra.add_real(by.sparsity, by.f);
  }

  // Of S more + f (exactly_{k₀−1} + more) the next step waits for (S + f) more alone.

  template <int least, typename FactorOf>
  Element run_counted(const Algebra& algebra, FactorOf& factor) {
    Element more = algebra.zero();
    Element two = algebra.zero();
    Element one = algebra.zero();
    double none = 1.0;
    for (std::size_t i = 0; i < counted_; ++i) {
      const Factor by = factor(i);
      const Element all = all_of(algebra, by);
      if constexpr (least == 1) {
        grown_[i] = algebra.add_real(none, more);
        more = algebra.add(algebra.scale(none, by.f), algebra.multiply(all, more));
      } else {
        const Element& before = least == 2 ? one : two;
        grown_[i] = algebra.add(before, more);
        one_before_[i] = one;
        more = algebra.add(algebra.multiply(by.f, before), algebra.multiply(all, more));
        if constexpr (least == 3) {
          two = algebra.add(algebra.scale(by.sparsity, two), algebra.multiply(by.f, one));
        }
        one = algebra.add(algebra.scale(by.sparsity, one), algebra.scale(none, by.f));
      }
      none_before_[i] = none;
      none *= by.sparsity;
    }
    return more;
  }

  template <int least, typename FactorOf, typename Visit>
  void run_back_counted(const Algebra& algebra, Element of_more, FactorOf& factor, Visit& visit) const {
    Element of_two = algebra.zero();
    Element of_one = algebra.zero();
    for (std::size_t i = counted_; i-- > 0;) {
      const Factor by = factor(i);
      Element of_f = algebra.multiply_transposed(grown_[i], of_more);
      if constexpr (least == 3) of_f = algebra.add(of_f, algebra.multiply_transposed(one_before_[i], of_two));
      if constexpr (least >= 2) of_f = algebra.add(of_f, algebra.scale(none_before_[i], of_one));
      visit(i, of_f);
      if constexpr (least >= 2) {
        const Element grown = algebra.multiply_transposed(by.f, of_more);
        of_one = algebra.add(algebra.scale(by.sparsity, of_one),
                             least == 2 ? grown : algebra.multiply_transposed(by.f, of_two));
        of_two = algebra.add(algebra.scale(by.sparsity, of_two), grown);
      }
      of_more = algebra.multiply_transposed(all_of(algebra, by), of_more);
    }
  }

  int least_;
  std::size_t counted_;
  ScratchVector<Element> grown_;       // what the f of each feature multiplies in the sum
  ScratchVector<Element> one_before_;  // what exactly one was active in before a counted feature, of k₀ ≥ 2
  ScratchVector<double> none_before_;  // and none
};

}  // namespace digon
