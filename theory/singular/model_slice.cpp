#include "theory/singular/model_slice.hpp"

#include "core/algebra/dense_solvers.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/optima/flat_parameters.hpp"

namespace digon {

ModelSlice slice_off_rotations(const Objective& objective, const ToyModel& model) {
  ModelSlice slice;
  slice.at = flatten(model);
  const Eigen::MatrixXd of_W = rotations_of(model.W);
  Eigen::MatrixXd rotations = Eigen::MatrixXd::Zero(slice.at.size(), of_W.cols());  // which leave b alone
  rotations.topRows(of_W.rows()) = of_W;
  slice.basis = orthogonal_to(rotations);
  slice.loss = [=, loss = function_of_parameters(objective, model), basis = slice.basis, at = slice.at](
                   Eigen::Map<const Eigen::VectorXd> s, Eigen::Map<Eigen::VectorXd> gradient) {
    const Eigen::VectorXd w = at + basis * s;
    Eigen::VectorXd by_w(w.size());
    const double value = loss({w.data(), w.size()}, {by_w.data(), by_w.size()});
    gradient.noalias() = basis.transpose() * by_w;
    return value;
  };
  return slice;
}

}  // namespace digon
