#pragma once

#include <Eigen/Core>
#include <optional>

namespace digon {

// Lines with few cosines, by algebra. For a quadratic form Q of t bits and c in F_2^t the vector
// (−1)^{Q(x) + c·x}/√m, x in F_2^t, is of length 1 in R^m, m = 2^t. Two of one Q are orthogonal; of Q and Q'
// the cosine is ±2^{−ρ/2} or 0, 2ρ' = ρ the rank of the alternating form of Q + Q'. So a set of forms whose
// differences have high rank makes m lines a form, and the basis vectors make m more, at 1/√m from all.
//
// The sets, T the trace of GF(2^k):
//   t odd, k = t: T(Σ_j b_j x^{1+2^{j+1}}), j = 0 … level, of Gold's exponents: m^{level+1} forms,
//     |cos| ≤ 2^level √(2/m);
//   t even, k = t − 1, bits (x, e): Σ_{i≤(k−1)/2} T((ax)^{1+2^i}) + e T(ax) + Σ_j T(b_j x^{1+2^j}), j = 1 …
//     level: (m/2)^{level+1} forms, |cos| ≤ 2^level/√m. At level 0 Kerdock's (calderbank1997): m/2 + 1 bases,
//     each at 1/√m from the others, as many lines as Levenshtein's bound allows.

struct StructuredLines {
  double log_count = 0.0;  ///< of how many lines there are
  double coherence = 0.0;  ///< the greatest |cos|, found from the signs themselves
};

/// The set of that level in R^dim, its cosines computed from every pair of forms that no x → γx makes
/// another, by Walsh transforms in whole numbers. Nothing where dim is no power of 2 from 4 to 512, or the
/// set has more forms than can be looked at.
///
/// Example: level 0 in R⁴ has 12 lines at |cos| ≤ ½, in R¹⁶ 144 at ¼, in R⁵¹² 262,656 at 1/16.
std::optional<StructuredLines> structured_lines(Eigen::Index dim, int level);

/// The lines themselves, level 0, for dim ≤ 64 [m×N].
Eigen::MatrixXd structured_points(Eigen::Index dim);

/// The most lines of any level with |cos| ≤ ε; none: a count of 1.
StructuredLines most_structured_lines(Eigen::Index dim, double epsilon);

}  // namespace digon
