#pragma once

#include <Eigen/Core>
#include <vector>

namespace digon {

/// Some columns of W [m×n], chosen and let go one by one, with Cholesky's factor L of their Gram matrix,
/// W_SᵀW_S = LLᵀ: a column more costs O(m|S| + |S|²).
class ChosenColumns {
 public:
  explicit ChosenColumns(const Eigen::MatrixXd& W);

  /// False, and nothing chosen, where the column is in the span of those chosen, to 1e-7 of its length.
  bool add(Eigen::Index column);
  /// Lets go of the one at that position.
  void remove(std::size_t position);

  [[nodiscard]] const std::vector<Eigen::Index>& columns() const { return columns_; }
  [[nodiscard]] std::size_t count() const { return columns_.size(); }
  [[nodiscard]] bool has(Eigen::Index column) const { return chosen_[std::size_t(column)] != 0; }

  /// (W_SᵀW_S)⁻¹ v, v and the result in the order of columns().
  [[nodiscard]] Eigen::VectorXd solve_gram(const Eigen::VectorXd& v) const;
  /// W_S v.
  [[nodiscard]] Eigen::VectorXd combine(const Eigen::VectorXd& v) const;
  /// W_Sᵀ h.
  [[nodiscard]] Eigen::VectorXd products(const Eigen::VectorXd& h) const;
  /// v at the chosen features and 0 at the others [n].
  [[nodiscard]] Eigen::VectorXd spread(const Eigen::VectorXd& v) const;

 private:
  const Eigen::MatrixXd& W_;
  std::vector<Eigen::Index> columns_;
  std::vector<char> chosen_;
  Eigen::MatrixXd factor_;  // L, in the upper left corner
};

}  // namespace digon
