#pragma once

#include <Eigen/Core>
#include <cstdint>

namespace digon {

// Almost orthogonal: lines in R^m with |cos| ≤ ε. The cosine t of two random ones has density ∝
// (1 − t²)^{(m−3)/2}, mean square 1/m.

/// P(|cos| > t) of two random directions in R^m: I_{1−t²}((m − 1)/2, 1/2). For m ≥ 2 and t in [0, 1], to a
/// relative 1e-12.
///
/// Example: in R³ it is 1 − t, as Archimedes has it.
double random_cosine_above(Eigen::Index dim, double t);

/// The mean of the largest |cos| of n ≥ 2 random directions in R^m, their n(n − 1)/2 pairs taken as
/// independent, as any two of them are; to 1e-9. For m = 3 and n = 2 it is ½.
double random_coherence(Eigen::Index points, Eigen::Index dim);

/// mε²/4, the logarithm of as many lines as a union bound over random ones gives for large m ε².
double union_bound_log(Eigen::Index dim, double epsilon);

/// −log P(|cos| > ε): so many lines there are, since as long as those chosen do not exclude all directions
/// there is one more (gilbert1952, of codes).
double covering_bound_log(Eigen::Index dim, double epsilon);

/// Lines chosen greedily of random `candidates`, each if |cos| ≤ ε with all before it; at most `most` [m×N].
Eigen::MatrixXd greedy_lines(Eigen::Index dim, double epsilon, std::size_t candidates, Eigen::Index most,
                             std::uint64_t seed);

/// Where a descent of Σ_{i<j} max(|w_i·w_j| − ε, 0)² from n random lines ends [m×n]; lines with |cos| ≤ ε
/// where it is 0.
Eigen::MatrixXd descend_to_lines(Eigen::Index points, Eigen::Index dim, double epsilon, std::uint64_t seed);

}  // namespace digon
