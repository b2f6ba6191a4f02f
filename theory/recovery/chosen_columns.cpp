#include "theory/recovery/chosen_columns.hpp"

#include <cmath>

namespace digon {

ChosenColumns::ChosenColumns(const Eigen::MatrixXd& W)
    : W_(W), chosen_(std::size_t(W.cols()), 0), factor_(W.rows(), W.rows()) {}

bool ChosenColumns::add(Eigen::Index column) {
  constexpr double dependent = 1e-7;
  const auto k = Eigen::Index(count());
  if (k == W_.rows()) return false;
  Eigen::VectorXd row = products(W_.col(column));
  const auto L = factor_.topLeftCorner(k, k);
  if (k > 0) L.triangularView<Eigen::Lower>().solveInPlace(row);
  const double length = W_.col(column).squaredNorm();
  const double left = length - row.squaredNorm();  // of its square, outside the span
  if (!(left > dependent * dependent * length) || !(left > 0.0)) return false;
  factor_.row(k).head(k) = row.transpose();
  factor_(k, k) = std::sqrt(left);
  columns_.push_back(column);
  chosen_[std::size_t(column)] = 1;
  return true;
}

void ChosenColumns::remove(std::size_t position) {
  chosen_[std::size_t(columns_[position])] = 0;
  columns_.erase(columns_.begin() + std::ptrdiff_t(position));
  // Without its row L has an entry right of the diagonal in each row below, which a rotation of two columns
  // takes away: LLᵀ stays as it is.
  const auto k = Eigen::Index(count());
  const auto first = Eigen::Index(position);
  for (Eigen::Index j = first; j < k; ++j) factor_.row(j).head(j + 2) = factor_.row(j + 1).head(j + 2);
  for (Eigen::Index j = first; j < k; ++j) {
    const double length = std::hypot(factor_(j, j), factor_(j, j + 1));
    const double cosine = factor_(j, j) / length;
    const double sine = factor_(j, j + 1) / length;
    auto left = factor_.col(j).segment(j, k - j).array();
    auto right = factor_.col(j + 1).segment(j, k - j).array();
    const Eigen::ArrayXd rotated = cosine * left + sine * right;
    right = cosine * right - sine * left;
    left = rotated;
  }
}

Eigen::VectorXd ChosenColumns::solve_gram(const Eigen::VectorXd& v) const {
  const auto k = Eigen::Index(count());
  Eigen::VectorXd solution = v;
  const auto L = factor_.topLeftCorner(k, k);
  if (k == 0) return solution;
  L.triangularView<Eigen::Lower>().solveInPlace(solution);
  L.transpose().triangularView<Eigen::Upper>().solveInPlace(solution);
  return solution;
}

Eigen::VectorXd ChosenColumns::combine(const Eigen::VectorXd& v) const {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(W_.rows());
  for (std::size_t k = 0; k < count(); ++k) sum += v[Eigen::Index(k)] * W_.col(columns_[k]);
  return sum;
}

Eigen::VectorXd ChosenColumns::products(const Eigen::VectorXd& h) const {
  Eigen::VectorXd found(static_cast<Eigen::Index>(count()));
  for (std::size_t k = 0; k < count(); ++k) found[Eigen::Index(k)] = W_.col(columns_[k]).dot(h);
  return found;
}

Eigen::VectorXd ChosenColumns::spread(const Eigen::VectorXd& v) const {
  Eigen::VectorXd all = Eigen::VectorXd::Zero(W_.cols());
  for (std::size_t k = 0; k < count(); ++k) all[columns_[k]] = v[Eigen::Index(k)];
  return all;
}

}  // namespace digon
