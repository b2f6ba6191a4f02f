#include "core/algebra/dense_solvers.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

namespace digon {

SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& A) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(A);
  return {solver.eigenvalues(), solver.eigenvectors()};
}

Eigen::VectorXd symmetric_eigenvalues(const Eigen::MatrixXd& A) {
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(A, Eigen::EigenvaluesOnly).eigenvalues();
}

Eigen::VectorXd tridiagonal_eigenvalues(const Eigen::VectorXd& diagonal, const Eigen::VectorXd& beside) {
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside, Eigen::EigenvaluesOnly);
  return solver.eigenvalues();
}

Eigen::MatrixXd orthogonal_to(const Eigen::MatrixXd& A, double threshold) {
  if (A.cols() == 0) return Eigen::MatrixXd::Identity(A.rows(), A.rows());
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr;
  qr.setThreshold(threshold);
  qr.compute(A);
  const Eigen::MatrixXd Q = qr.householderQ();
  return Q.rightCols(A.rows() - qr.rank());
}

Eigen::VectorXd least_norm_solution(const Eigen::MatrixXd& A, const Eigen::VectorXd& b, double threshold) {
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
  solver.setThreshold(threshold);
  solver.compute(A);
  return solver.solve(b);
}

bool solve_positive(Eigen::MatrixXd& A, Eigen::VectorXd& b) {
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(A);
  if (cholesky.info() != Eigen::Success) return false;
  cholesky.solveInPlace(b);
  return true;
}

}  // namespace digon
