#include "geometry/neurons.hpp"

#include <catch2/catch.hpp>

using namespace digon;

namespace {

ToyModel with_hidden_relu(const Eigen::MatrixXd& W) {
  return {W, Eigen::VectorXd::Zero(W.cols()), ModelKind::relu_hidden};
}

using Features = std::vector<Eigen::Index>;

}  // namespace

TEST_CASE("neurons are dead, monosemantic or polysemantic by the features they serve") {
  Eigen::MatrixXd W(3, 4);
  W << 1.2, 0.1, 0.0, 0.2,  //
      0.0, 0.7, 0.0, 0.7,   //
      0.05, 0.0, 0.02, 0.0;
  const std::vector<Neuron> neurons = describe_neurons(with_hidden_relu(W));
  CHECK(neurons[0].kind == NeuronClass::monosemantic);
  CHECK(neurons[0].features == Features{0});
  CHECK(neurons[0].effective_features == Approx(1.0).epsilon(0.1));
  CHECK(neurons[1].kind == NeuronClass::polysemantic);
  CHECK(neurons[1].features == Features{1, 3});
  CHECK(neurons[1].effective_features == Approx(2.0));
  CHECK(neurons[2].kind == NeuronClass::dead);
  CHECK(name_of(neurons[2].kind) == "dead");
}

TEST_CASE("what counts as served and as dead is a matter of the tolerance") {
  const ToyModel model = with_hidden_relu((Eigen::MatrixXd(2, 2) << 1.0, 0.24, 0.09, 0.0).finished());
  CHECK(describe_neurons(model)[0].kind == NeuronClass::monosemantic);
  CHECK(describe_neurons(model)[1].kind == NeuronClass::dead);
  const std::vector<Neuron> strict = describe_neurons(model, {0.04, 0.0025});
  CHECK(strict[0].kind == NeuronClass::polysemantic);
  CHECK(strict[1].kind == NeuronClass::monosemantic);
}

TEST_CASE(
    "a feature that turns a neuron off, or is held down by it, is not served, however large the weight") {
  Eigen::MatrixXd W(2, 3);
  W << 1.0, 0.9, -65.0,  //
      0.0, -3.0, -0.2;
  ToyModel model = with_hidden_relu(W);
  const std::vector<Neuron> rectified = describe_neurons(model);
  CHECK(rectified[0].features == Features{0, 1});
  CHECK(rectified[0].effective_features == Approx(2.0).epsilon(0.05));
  CHECK(rectified[1].kind == NeuronClass::dead);
  // The null: without the ReLU a negative weight serves as a positive one does.
  model.kind = ModelKind::relu_output;
  CHECK(describe_neurons(model)[0].features == Features{2});
  CHECK(describe_neurons(model)[1].features == Features{1});

  // Of an untied model the weight out says whether: −100 inhibits, and 20 makes much of a weight of 0.05.
  ToyModel untied = with_hidden_relu((Eigen::MatrixXd(1, 3) << 1.0, -0.05, 0.8).finished());
  untied.kind = ModelKind::absolute_value;
  untied.W_out = Eigen::Vector3d(1.0, 20.0, -100.0);
  const Neuron shared = describe_neurons(untied)[0];
  CHECK(shared.features == Features{0, 1});
  CHECK(shared.effective_features == Approx(2.0));
  untied.W *= 0.01;  // nothing changes what it computes
  untied.W_out *= 100.0;
  CHECK(describe_neurons(untied)[0].features == shared.features);
  untied.W_out = untied.W_out.cwiseAbs();
  CHECK(describe_neurons(untied)[0].features == Features{2});
}
