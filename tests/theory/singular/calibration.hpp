#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "theory/search/local_descent.hpp"

namespace digon {

/// A function whose learning coefficient at a point is known: a row of paper_refs/learning_coefficients.csv.
struct KnownCoefficient {
  std::string name;
  SmoothFunction loss;
  Eigen::VectorXd at;
  double lambda = 0.0;
  int multiplicity = 1;
};

/// All rows. Formulas are sums of monomials, "w1^2 w2^4 + w3^2", at 0, or "reduced-rank M=3 N=2 H=2 r=1":
/// ‖BA − T‖² of A [H×M] and B [N×H], T [N×M] with r ones on its diagonal, at A and B with so many ones on
/// theirs; the parameters are A, column by column, then B.
std::vector<KnownCoefficient> known_coefficients();
KnownCoefficient known_coefficient(const std::string& name);

}  // namespace digon
