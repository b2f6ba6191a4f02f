#include "geometry/neurons.hpp"

#include <catch2/catch.hpp>

using namespace digon;

TEST_CASE("neurons are dead, monosemantic or polysemantic by the features they serve") {
  Eigen::MatrixXd W(3, 4);
  W << 1.2, 0.1, 0.0, -0.2,  //
      0.0, 0.7, 0.0, -0.7,   //
      0.05, 0.0, 0.02, 0.0;
  const std::vector<Neuron> neurons = describe_neurons(W);
  CHECK(neurons[0].kind == NeuronClass::monosemantic);
  CHECK(neurons[0].features == std::vector<Eigen::Index>{0});
  CHECK(neurons[0].effective_features == Approx(1.0).epsilon(0.1));
  CHECK(neurons[1].kind == NeuronClass::polysemantic);
  CHECK(neurons[1].features == std::vector<Eigen::Index>{1, 3});
  CHECK(neurons[1].effective_features == Approx(2.0));
  CHECK(neurons[2].kind == NeuronClass::dead);
  CHECK(name_of(neurons[2].kind) == "dead");
}

TEST_CASE("what counts as served and as dead is a matter of the tolerance") {
  const Eigen::MatrixXd W = (Eigen::MatrixXd(2, 2) << 1.0, 0.24, 0.09, 0.0).finished();
  CHECK(describe_neurons(W)[0].kind == NeuronClass::monosemantic);
  CHECK(describe_neurons(W)[1].kind == NeuronClass::dead);
  const std::vector<Neuron> strict = describe_neurons(W, {0.2, 0.05});
  CHECK(strict[0].kind == NeuronClass::polysemantic);
  CHECK(strict[1].kind == NeuronClass::monosemantic);
}
