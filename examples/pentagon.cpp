// The exact loss of five features on a regular pentagon in two dimensions, with the norm and bias that are
// best where features are rare, and what becomes of it as they grow denser.
#include <cstdio>

#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/polygon.hpp"

int main() {
  const digon::PolygonOptimum best = digon::polygon_optimum(5);
  const digon::ToyModel pentagon = digon::regular_polygon(5, best.norm, best.bias);
  std::printf("norm %.6f, bias %.6f, L_1 per feature %.8f\n", best.norm, best.bias, best.loss_per_feature);

  const Eigen::VectorXd L = digon::decompose(pentagon, Eigen::VectorXd::Ones(5)).L();
  for (int k = 0; k <= 5; ++k) std::printf("L_%d = %.8f\n", k, L[k]);

  for (const double density : {0.01, 0.1, 0.5, 1.0}) {
    const digon::FeatureDistribution features = digon::uniform_features(5, density);
    const digon::ExactLoss loss = digon::exact_loss(pentagon, features);
    std::printf("density %.2f: loss %.10f ± %.0e, %.4f of the model's that answers 0\n", density, loss.loss,
                loss.error, loss.loss / digon::zero_model_loss(features));
  }
}
